// SPDX-License-Identifier: Apache-2.0

package heap

import "testing"

// TestStacks: bytes belong to the frame whose variable holds them, the outermost
// of several; and to whoever holds them beside the stacks.
func TestStacks(t *testing.T) {
	t.Parallel()
	a := analyze(t, openStandIn(t, "stacks"))
	rows := map[string]Owner{}
	for _, r := range a.Owners.View("function").Rows {
		name := r.Name
		if r.Function != nil {
			name = r.Function.Name
		}
		rows[name] = r
	}
	for name, want := range map[string]int64{"_pairs": 1_100_000, "_docs_impl": 300_000, "_other_impl": 0, "notes": 400_000} {
		if got := rows[name].RetainedBytes; got < want || got > want+2000 {
			t.Errorf("%s holds %d bytes, want %d: %+v", name, got, want, rows)
		}
	}
	frames := rows["_pairs"].Frames
	if len(frames) != 2 {
		t.Fatalf("the helper's frames: %+v", frames)
	}
	for i, want := range []struct {
		caller string
		line   int
		bytes  int64
	}{{"_docs_impl", 13, 900_000}, {"_other_impl", 23, 200_000}} {
		f := frames[i]
		if f.Caller == nil || f.Caller.Name != want.caller || f.Entry.Name != want.caller || f.Line != want.line || !near(f.RetainedBytes, want.bytes, 0.01) || f.Calls != 1 {
			t.Errorf("called by %s: %+v", want.caller, f)
		}
	}
}
