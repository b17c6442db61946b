package trace

import "bytes"

// Two decoders make an Event of text. object (object.go) takes any JSON
// object. bazel, here, takes the one form that nearly all events of a real
// profile have, Bazel's order of keys without escapes,
//
//	{"cat":"…","name":"…","ph":"X","ts":1,"dur":2,"pid":1,"tid":3}
//
// with or without dur, and leaves every other to object. It exists for speed:
// a profile of 200 MB is to be read in less time than it takes zcat to unpack
// it. That both deliver the same is fuzzed (FuzzDecoders).

// A category is what the reader knows of one value of "cat".
type category struct {
	name     string
	selected bool
	role     role
}

// A role is what the Summary makes of a category's events.
type role uint8

const (
	plain role = iota
	userCall
	builtinCall
	general
	unknownEvent // categoryUnknown: where the slim writer puts what it merged
)

const categoryUnknown = "Unknown event"

var roles = map[string]role{
	CategoryStarlarkCall:    userCall,
	CategoryStarlarkBuiltin: builtinCall,
	CategoryGeneral:         general,
	categoryUnknown:         unknownEvent,
}

// A decoder turns the text of events into Events.
type decoder struct {
	settings   settings
	names      intern
	categories map[string]*category
	last       *category // of the previous event: often this one's as well
	scratch    []byte
	event      Event
	args       []Arg
	category   *category // of event
	rawName    []byte    // its name, which is made a string only if it is selected
}

// maxCategories bounds the table: Bazel has about 70.
const maxCategories = 1000

func newDecoder(s settings) decoder {
	return decoder{settings: s, names: newIntern(), categories: make(map[string]*category, 64), last: &category{}}
}

// lookup finds the category of that name.
func (d *decoder) lookup(name []byte) *category {
	if d.last.name == string(name) && len(name) > 0 {
		return d.last
	}
	c, found := d.categories[string(name)]
	if !found {
		text := d.names.str(name)
		c = &category{name: text, role: roles[text], selected: d.settings.selected == nil || d.settings.selected[text]}
		if len(d.categories) < maxCategories {
			d.categories[string(name)] = c
		}
	}
	d.last = c
	return c
}

var (
	keyCategory = []byte(`{"cat":"`)
	keyName     = []byte(`,"name":"`)
	keyPhase    = []byte(`,"ph":"`)
	keyStart    = []byte(`","ts":`)
	keyDuration = []byte(`,"dur":`)
	keyPID      = []byte(`,"pid":1,"tid":`)
)

// bazel decodes the event at the start of b if it has Bazel's form, and
// returns its length, or 0 if it has not, or not all of it is in b.
func (d *decoder) bazel(b []byte) int {
	if !bytes.HasPrefix(b, keyCategory) {
		return 0
	}
	i := len(keyCategory)
	cat, i := simpleString(b, i)
	if i == 0 || !bytes.HasPrefix(b[i:], keyName) {
		return 0
	}
	name, i := simpleString(b, i+len(keyName))
	if i == 0 || !bytes.HasPrefix(b[i:], keyPhase) {
		return 0
	}
	i += len(keyPhase)
	if i >= len(b) || b[i] != 'X' && b[i] != 'i' {
		return 0
	}
	phase := b[i]
	i++
	if !bytes.HasPrefix(b[i:], keyStart) {
		return 0
	}
	start, i := simpleInteger(b, i+len(keyStart))
	if i == 0 {
		return 0
	}
	var duration int64
	hasDuration := bytes.HasPrefix(b[i:], keyDuration)
	if hasDuration {
		if duration, i = simpleInteger(b, i+len(keyDuration)); i == 0 {
			return 0
		}
	}
	if !bytes.HasPrefix(b[i:], keyPID) {
		return 0
	}
	thread, i := simpleInteger(b, i+len(keyPID))
	if i == 0 || i >= len(b) || b[i] != '}' {
		return 0
	}
	d.category = d.lookup(cat)
	d.rawName = name
	d.event = Event{
		Category:       d.category.name,
		Phase:          phase,
		StartMicros:    start,
		DurationMicros: duration,
		HasDuration:    hasDuration,
		Thread:         thread,
	}
	if d.category.selected {
		d.event.Name = d.names.str(name)
	}
	return i + 1
}

// simpleString returns the text from i to the next quote and the place behind
// that, or 0 for the place if it has an escape or does not end in b.
func simpleString(b []byte, i int) ([]byte, int) {
	if i >= len(b) {
		return nil, 0
	}
	n := bytes.IndexByte(b[i:], '"')
	if n < 0 {
		return nil, 0
	}
	s := b[i : i+n]
	if bytes.IndexByte(s, '\\') >= 0 {
		return nil, 0
	}
	return s, i + n + 1
}

// simpleInteger reads an integer of at most 15 digits and returns the place
// behind it, or 0 for the place if there is none.
func simpleInteger(b []byte, i int) (int64, int) {
	start, negative := i, false
	if i < len(b) && b[i] == '-' {
		negative = true
		i++
		start = i
	}
	var v int64
	for i < len(b) && b[i]-'0' <= 9 {
		v = v*10 + int64(b[i]-'0')
		i++
		if i-start > 15 {
			return 0, 0
		}
	}
	if i == start || i == len(b) {
		return 0, 0
	}
	if negative {
		v = -v
	}
	return v, i
}
