// SPDX-License-Identifier: Apache-2.0

package join

import (
	"testing"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/starlark"
)

// TestNamePart: of functions of one name each has its part of what is known of
// the name, and where it is open which it is, the likeliest's.
func TestNamePart(t *testing.T) {
	t.Parallel()
	a, b := &starlark.Definition{Name: "_impl", File: "/w/a.bzl"}, &starlark.Definition{Name: "_impl", File: "/w/b.bzl"}
	shares := []Candidate{{a, .75}, {b, .25}}
	for _, c := range []struct {
		what   string
		of     *starlark.Definition
		shares []Candidate
		want   float64
	}{
		{"one function", a, nil, 1},
		{"the likelier of two", a, shares, .75},
		{"the other", b, shares, .25},
		{"open", nil, shares, .75},
	} {
		j := &Joined{Observed: aggregate.New(nil)}
		s := &Subject{Definition: c.of, shares: c.shares}
		s.Name = "_impl"
		j.pausesOf(s, &aggregate.NameStatistics{NameTotals: &aggregate.NameTotals{Name: "_impl"}})
		if s.NamePart != c.want {
			t.Errorf("%s: %v, want %v", c.what, s.NamePart, c.want)
		}
	}
}
