// SPDX-License-Identifier: Apache-2.0

package trace

import "strconv"

// object decodes the JSON value at the start of b, whatever its layout and
// order of keys, and returns its length. deliver is false for a value that is
// no event: not an object, or of a phase that Event does not have.
//
// Of a key that occurs twice the last one counts (5 and 6 write cname twice).
// A field of the wrong type is as good as missing. Numbers may be strings.
func (d *decoder) object(b []byte) (n int, deliver bool, st status) {
	l := lexer{b: b}
	if l.space() != '{' {
		l.skip(0)
		return l.i, false, l.st
	}
	d.event = Event{}
	d.rawName = nil
	d.args = d.args[:0]
	var cat, args []byte
	catEscaped, nameEscaped := false, false
	l.members(func(key []byte) {
		switch string(key) {
		case "cat":
			cat, catEscaped = l.text()
		case "name":
			d.rawName, nameEscaped = l.text()
		case "ph":
			d.event.Phase = 0
			if ph, _ := l.text(); len(ph) == 1 {
				d.event.Phase = ph[0]
			}
		case "ts":
			d.event.StartMicros, _ = l.integer()
		case "dur":
			d.event.DurationMicros, d.event.HasDuration = l.integer()
		case "tid":
			d.event.Thread, _ = l.integer()
		case "args":
			l.space()
			start := l.i
			l.skip(1)
			args = b[start:l.i]
		default:
			l.skip(1)
		}
	})
	if l.st != ok {
		return l.i, false, l.st
	}
	switch d.event.Phase {
	case 'X', 'i', 'C', 'M':
	case 'I': // an older spelling of 'i'
		d.event.Phase = 'i'
	default:
		return l.i, false, ok
	}
	d.category = d.lookup(d.plainText(cat, catEscaped))
	d.event.Category = d.category.name
	d.rawName = d.plainText(d.rawName, nameEscaped)
	if d.category.selected || d.event.Phase == 'M' {
		d.event.Name, d.event.NameID = d.names.name(d.rawName)
		d.arguments(args)
	}
	return l.i, true, ok
}

// text consumes a value; it is nil unless that is a string.
func (l *lexer) text() (raw []byte, escaped bool) {
	if l.space() == '"' {
		return l.str()
	}
	l.skip(1)
	return nil, false
}

// integer consumes a value that may be a number, or a string holding one.
func (l *lexer) integer() (int64, bool) {
	switch b := l.space(); {
	case b == '"':
		raw, _ := l.str()
		return integer(raw)
	case b == '-' || b >= '0' && b <= '9':
		return integer(l.scalar())
	}
	l.skip(1)
	return 0, false
}

// plainText undoes escapes. Its result is valid until the next call.
func (d *decoder) plainText(raw []byte, escaped bool) []byte {
	if !escaped {
		return raw
	}
	d.scratch = unescape(d.scratch[:0], raw)
	return d.scratch
}

// maxArgs is how many arguments of an event are kept. Bazel's per-mnemonic
// counters have the most.
const maxArgs = 256

// arguments fills event.Args with the scalars among the arguments. args is an
// object that has been skipped, so it is well-formed.
func (d *decoder) arguments(args []byte) {
	l := lexer{b: args}
	if len(args) == 0 || l.space() != '{' {
		return
	}
	l.members(func(key []byte) {
		arg, scalar := d.argument(&l)
		if !scalar || len(d.args) == maxArgs {
			return
		}
		arg.Key = d.names.str(key)
		d.args = append(d.args, arg)
	})
	d.event.Args = d.args
}

func (d *decoder) argument(l *lexer) (Arg, bool) {
	switch b := l.space(); {
	case b == '"':
		raw, escaped := l.str()
		raw = d.plainText(raw, escaped)
		number, _ := strconv.ParseFloat(string(raw), 64)
		return Arg{Text: d.names.str(raw), Number: number}, true
	case b == '-' || b >= '0' && b <= '9':
		text := l.scalar()
		number, _ := strconv.ParseFloat(string(text), 64)
		return Arg{Text: d.names.str(text), Number: number}, true
	}
	l.skip(1)
	return Arg{}, false
}
