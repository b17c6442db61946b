// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

func packed(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A profile that was packed once more by whoever kept it is the same profile,
// and so is one whose first key is displayTimeUnit.
func TestPackedTwice(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(`{"otherData":{"build_id":"b"},"traceEvents":[`)
	for i := range 20000 {
		fmt.Fprintf(&text, `{"cat":"Starlark user function call","name":"f%d","ph":"X","ts":%d,"dur":5,"pid":1,"tid":1},`+"\n", i%50, 10*i)
	}
	text.WriteString(`{"cat":"general information","name":"Finishing","ph":"i","ts":999999,"pid":1,"tid":1}]}`)
	read := func(data []byte) (trace.ProfileSummary, int) {
		n := 0
		sum, err := trace.Read(t.Context(), bytes.NewReader(data), func(*trace.Event) error { n++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		return sum, n
	}
	plain := []byte(text.String())
	want, n := read(packed(t, plain))
	for name, data := range map[string][]byte{
		"twice":           packed(t, packed(t, plain)),
		"displayTimeUnit": packed(t, []byte(strings.Replace(text.String(), "{", `{"displayTimeUnit":"ns",`, 1))),
	} {
		sum, m := read(data)
		if diff := cmp.Diff(want, sum, cmpopts.IgnoreFields(trace.ProfileSummary{}, "Bytes")); diff != "" || m != n {
			t.Errorf("%s: %d events, want %d\n%s", name, m, n, diff)
		}
	}
	twice := packed(t, packed(t, plain))
	if sum, m := read(twice[:len(twice)/2]); sum.Damage == "" || m == 0 || m >= n {
		t.Errorf("cut: %d of %d events, %q", m, n, sum.Damage)
	}
}
