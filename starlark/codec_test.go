// SPDX-License-Identifier: Apache-2.0

package starlark

import "testing"

// A record of the cache whose checksum fits may still be another program's: what
// the evaluator takes for granted is looked at, and nothing behind it is.
func TestOnlyConsistentSummariesAreUsed(t *testing.T) {
	t.Parallel()
	name := expr{op: opName, text: "x"}
	pair := []expr{name, name}
	whole := func() *fileSummary {
		return &fileSummary{
			functions: []funcSummary{{parent: -1, bindings: make([]binding, 2), callSites: make([]callSite, 2)}, {parent: 0}, {parent: 1}},
			loads:     make([]load, 2),
			items:     []item{{functions: [2]int32{0, 3}, bindings: [2]int32{0, 2}, callSites: [2]int32{0, 2}, load: [2]int32{0, 2}}},
		}
	}
	if !whole().consistent() {
		t.Fatal("a whole summary is not consistent")
	}
	for what, spoil := range map[string]func(*fileSummary){
		"a top level with a parent":       func(s *fileSummary) { s.functions[0].parent = 0 },
		"a function without a parent":     func(s *fileSummary) { s.functions[2].parent = -1 },
		"a function in none":              func(s *fileSummary) { s.functions[2].parent = 3 },
		"a function in itself":            func(s *fileSummary) { s.functions[2].parent = 2 },
		"functions beyond the end":        func(s *fileSummary) { s.items[0].functions[1] = 4 },
		"bindings beyond the end":         func(s *fileSummary) { s.items[0].bindings[1] = 3 },
		"call sites beyond the end":       func(s *fileSummary) { s.items[0].callSites[1] = 3 },
		"loads beyond the end":            func(s *fileSummary) { s.items[0].load[1] = 3 },
		"a range that runs backwards":     func(s *fileSummary) { s.items[0].load = [2]int32{2, 1} },
		"a range from before the start":   func(s *fileSummary) { s.items[0].load[0] = -1 },
		"an unsound value of a parameter": func(s *fileSummary) { s.functions[1].params = []param{{value: expr{op: opFunction, n: 3}}} },
		"an unsound binding":              func(s *fileSummary) { s.functions[0].bindings[1].value = expr{op: opFunction, n: 3} },
		"an unsound return":               func(s *fileSummary) { s.functions[2].returns = []returned{{value: expr{op: opFunction, n: 3}}} },
		"an unsound call":                 func(s *fileSummary) { s.functions[0].callSites[0].call = expr{op: opFunction, n: 3} },
		"an unsound loop": func(s *fileSummary) {
			s.functions[0].callSites[0].around = []clause{{over: expr{op: opFunction, n: 3}}}
		},
		"an unsound expression in sound ones": func(s *fileSummary) {
			s.functions[2].returns = []returned{{value: expr{op: opCall, args: []expr{name, {op: opEither, args: []expr{name, {op: opIndex}}}}}}}
		},
	} {
		s := whole()
		if spoil(s); s.consistent() {
			t.Errorf("%s is taken for consistent", what)
		}
	}
	const functions = 3
	for _, e := range []struct {
		expr
		sound bool
	}{
		{expr{op: opFunction, n: 1}, true},
		{expr{op: opFunction, n: functions - 1}, true},
		{expr{op: opFunction, n: functions}, false},
		{expr{op: opFunction, n: 0}, false}, // the top level is no function
		{expr{op: opFunction, n: -1}, false},
		{expr{op: opBinary, args: pair}, true},
		{expr{op: opBinary, args: pair[:1]}, false},
		{expr{op: opEntry, args: pair[:1]}, false},
		{expr{op: opEither, args: append(pair, name)}, true},
		{expr{op: opEither, args: append(pair, name, name)}, false},
		{expr{op: opEither, args: pair[:1]}, false},
		{expr{op: opTest, text: "==", args: pair}, true},
		{expr{op: opTest, text: "==", args: pair[:1]}, false},
		{expr{op: opTest, text: "not", args: pair[:1]}, true},
		{expr{op: opTest, text: "not"}, false},
		{expr{op: opSlice, args: append(pair, name)}, true},
		{expr{op: opSlice, args: pair}, false},
		{expr{op: opIndex, args: pair}, true},
		{expr{op: opDot, args: pair[:1]}, true},
		{expr{op: opDot, args: pair}, false},
		{expr{op: opKeyword}, false},
		{expr{op: opStar}, false},
		{expr{op: opStarStar, args: pair}, false},
		{expr{op: opCall, args: pair[:1]}, true},
		{expr{op: opCall}, false},
		{expr{op: opEach}, false},
		{expr{op: opLoop}, false},
		{expr{op: opLoop, args: pair}, true},
		{expr{op: opBulky}, true},
		{expr{op: opBulky + 1, args: pair}, false},
		{name, true},
	} {
		if got := e.expr.sound(functions); got != e.sound {
			t.Errorf("%+v is sound: %t, want %t", e.expr, got, e.sound)
		}
	}
}
