// SPDX-License-Identifier: Apache-2.0

// Package filter is the small language in which objects of a heap are asked for:
//
//	type = list and length > 10000 and retained > 1 MiB
//	class ~ ^java\.util\. and not (target = //lib:a or provider = "Info.files")
//
// A comparison is a field, an operator (= != > >= < <= and ~ for a regular
// expression) and a value. They are joined by not, and, or, in the order in which
// they bind, and by parentheses. A value of several words, or with one of ()=!<>~"'
// in it, stands in quotes; in quotes a backslash before the quote takes it for a
// character.
package filter

import (
	"cmp"
	"regexp"
	"slices"
)

// An ObjectField is what is known of an object.
type ObjectField uint8

// The fields, in the order of what they cost to find out for an object.
const (
	Class ObjectField = iota
	Type
	Size
	Retained
	Target
	Rule
	Function
	Provider
	Length
	Preview
)

// A Row is an object as a filter sees it.
type Row interface {
	// Names are what the value of a field of text may be called by: a class
	// with and without its package. None is the empty name.
	Names(ObjectField) []string
	// Number is the value of a field that is a number; ok is false where the
	// object has none.
	Number(ObjectField) (n int64, ok bool)
}

// A Filter says which objects are asked for.
type Filter struct {
	text string
	root condition
}

// String is the text that was parsed.
func (f *Filter) String() string { return f.text }

// Match reports whether an object is asked for. An object that lacks a number (the
// length of a File) passes no comparison with it, not even !=.
func (f *Filter) Match(r Row) bool { return f.root.match(r) }

// Needs reports whether a field is in the filter.
func (f *Filter) Needs(field ObjectField) bool { return f.root.needs(field) }

type condition interface {
	match(Row) bool
	needs(ObjectField) bool
	// cost orders conditions: what is cheap to find out is asked first.
	cost() int
}

// every is true if all of its parts are; of none, it is true.
type every []condition

func (e every) match(r Row) bool {
	return !slices.ContainsFunc(e, func(c condition) bool { return !c.match(r) })
}
func (e every) needs(f ObjectField) bool { return anyNeeds(e, f) }
func (e every) cost() int                { return dearest(e) }

// some is true if one of its parts is.
type some []condition

func (s some) match(r Row) bool {
	return slices.ContainsFunc(s, func(c condition) bool { return c.match(r) })
}
func (s some) needs(f ObjectField) bool { return anyNeeds(s, f) }
func (s some) cost() int                { return dearest(s) }

type negation struct{ of condition }

func (n negation) match(r Row) bool         { return !n.of.match(r) }
func (n negation) needs(f ObjectField) bool { return n.of.needs(f) }
func (n negation) cost() int                { return n.of.cost() }

func anyNeeds(parts []condition, f ObjectField) bool {
	return slices.ContainsFunc(parts, func(c condition) bool { return c.needs(f) })
}

func dearest(parts []condition) (most int) {
	for _, c := range parts {
		most = max(most, c.cost())
	}
	return most
}

// cheapFirst puts the parts of a conjunction or disjunction in the order in which
// they are asked; its truth does not depend on it.
func cheapFirst(parts []condition) []condition {
	slices.SortStableFunc(parts, func(a, b condition) int { return cmp.Compare(a.cost(), b.cost()) })
	return parts
}

// A named condition compares a text.
type named struct {
	field ObjectField
	name  string
	like  *regexp.Regexp // in place of name
}

func (n named) match(r Row) bool {
	names := r.Names(n.field)
	switch {
	case n.like != nil && len(names) == 0:
		return n.like.MatchString("")
	case n.like != nil:
		return slices.ContainsFunc(names, n.like.MatchString)
	case len(names) == 0:
		return n.name == ""
	}
	return slices.Contains(names, n.name)
}
func (n named) needs(f ObjectField) bool { return n.field == f }
func (n named) cost() int                { return int(n.field) }

// A counted condition compares a number.
type counted struct {
	field    ObjectField
	operator string
	n        int64
}

func (c counted) match(r Row) bool {
	n, ok := r.Number(c.field)
	if !ok {
		return false
	}
	switch c.operator {
	case "=":
		return n == c.n
	case "!=":
		return n != c.n
	case ">":
		return n > c.n
	case ">=":
		return n >= c.n
	case "<":
		return n < c.n
	}
	return n <= c.n
}
func (c counted) needs(f ObjectField) bool { return c.field == f }
func (c counted) cost() int                { return int(c.field) }
