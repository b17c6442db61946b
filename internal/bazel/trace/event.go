// SPDX-License-Identifier: Apache-2.0

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
	ordinary role = iota
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
	names      *intern
	categories map[string]*category
	// recent are the categories that came last, by the length of their names,
	// which tells Bazel's apart.
	recent   [recentCategories]*category
	scratch  []byte
	event    Event
	args     []Arg
	category *category // of event
	rawName  []byte    // its name, which is made a string only if it is selected
}

const (
	// maxCategories bounds the table: Bazel has about 70.
	maxCategories = 1000
	// recentCategories is a power of two.
	recentCategories = 64
)

func newDecoder(s settings) decoder {
	d := decoder{settings: s, names: newIntern(), categories: make(map[string]*category, 64)}
	for i := range d.recent {
		d.recent[i] = &category{}
	}
	return d
}

// lookup finds the category of that name.
func (d *decoder) lookup(name []byte) *category {
	recent := &d.recent[len(name)%recentCategories]
	if (*recent).name == string(name) && len(name) > 0 {
		return *recent
	}
	c, found := d.categories[string(name)]
	if !found {
		text := d.names.str(name)
		c = &category{name: text, role: roles[text], selected: d.settings.selected == nil || d.settings.selected[text]}
		if len(d.categories) < maxCategories {
			d.categories[string(name)] = c
		}
	}
	*recent = c
	return c
}

// Constants, so that the compiler compares them word by word.
const (
	keyCategory = `{"cat":"`
	keyName     = `,"name":"`
	keyPhase    = `,"ph":"`
	keyStart    = `","ts":`
	keyDuration = `,"dur":`
	keyPID      = `,"pid":1,"tid":`
)

// bazel decodes the event at the start of b if it has Bazel's form, and
// returns its length, or 0 if it has not, or not all of it is in b.
func (d *decoder) bazel(b []byte) int {
	if len(b) < len(keyCategory) || string(b[:len(keyCategory)]) != keyCategory {
		return 0
	}
	i := len(keyCategory)
	cat, i := simpleString(b, i)
	if i == 0 || len(b)-i < len(keyName) || string(b[i:i+len(keyName)]) != keyName {
		return 0
	}
	name, i := simpleString(b, i+len(keyName))
	if i == 0 || len(b)-i < len(keyPhase) || string(b[i:i+len(keyPhase)]) != keyPhase {
		return 0
	}
	i += len(keyPhase)
	if i >= len(b) || b[i] != 'X' && b[i] != 'i' {
		return 0
	}
	phase := b[i]
	i++
	if len(b)-i < len(keyStart) || string(b[i:i+len(keyStart)]) != keyStart {
		return 0
	}
	start, i := simpleInteger(b, i+len(keyStart))
	if i == 0 {
		return 0
	}
	var duration int64
	hasDuration := len(b)-i >= len(keyDuration) && string(b[i:i+len(keyDuration)]) == keyDuration
	if hasDuration {
		if duration, i = simpleInteger(b, i+len(keyDuration)); i == 0 {
			return 0
		}
	}
	if len(b)-i < len(keyPID) || string(b[i:i+len(keyPID)]) != keyPID {
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
		d.event.Name, d.event.NameID = d.names.name(name)
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
