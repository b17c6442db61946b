// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// repeated is first, then unit n times, then last, without holding it.
func repeated(first, unit string, n int, last string) io.Reader {
	parts := []io.Reader{strings.NewReader(first)}
	block := strings.Repeat(unit, max(1, (1<<16)/len(unit)))
	for n -= n % max(1, (1<<16)/len(unit)); n > 0; n -= max(1, (1<<16)/len(unit)) {
		parts = append(parts, strings.NewReader(block))
	}
	return io.MultiReader(append(parts, strings.NewReader(last))...)
}

// noise is n random bytes.
func noise(n int64) io.Reader {
	var seed [32]byte
	return io.LimitReader(rand.NewChaCha8(seed), n)
}

const hundredMB = 100 << 20

// TestHostile reads large inputs and bounds what they may allocate. It does
// not run beside other tests: it counts every allocation of the process.
func TestHostile(t *testing.T) {
	const event = `{"cat":"gc notification","name":"minor GC","ph":"X","ts":1,"dur":2,"pid":1,"tid":3},`
	for name, c := range map[string]struct {
		in      io.Reader
		format  bool // refused
		events  int64
		damage  string
		maximum uint64 // bytes allocated in all
	}{
		"100 MB of noise":        {noise(hundredMB), true, 0, "", 4 << 20},
		"noise in an object":     {io.MultiReader(strings.NewReader(`{"`), noise(hundredMB)), true, 0, "", 8 << 20},
		"noise for events":       {io.MultiReader(strings.NewReader(`{"traceEvents":[`), noise(hundredMB)), false, 0, "not JSON", 8 << 20},
		"a line of 50 MB":        {repeated(`{"traceEvents":[`, event, 50<<20/len(event), `]}`), false, 0, "", 8 << 20},
		"a string of 100 MB":     {repeated(`{"traceEvents":[`+event+`{"name":"`, "x", hundredMB, `"},`+event+`]}`), false, 2, "longer than", 8 << 20},
		"a key of 100 MB":        {repeated(`{"`, "x", hundredMB, `":1}`), true, 0, "", 8 << 20},
		"a header of 100 MB":     {repeated(`{"x":"`, "x", hundredMB, `","traceEvents":[`+event+`]}`), false, 1, "", 8 << 20},
		"nested without end":     {repeated(`{"traceEvents":[`, "[", hundredMB, ""), false, 0, "", 8 << 20},
		"white space":            {repeated(`{"traceEvents":[`, " \n", hundredMB/2, event+`]}`), false, 1, "", 8 << 20},
		"a string without end":   {repeated(`{"traceEvents":[`+event+`{"name":"`, "x", hundredMB, ""), false, 1, "ends", 8 << 20},
		"gzip of zeros (a bomb)": {bytes.NewReader(packed(t, make([]byte, hundredMB))), true, 0, "", 8 << 20},
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		summary, err := Read(context.Background(), c.in, func(*Event) error { return nil })
		runtime.ReadMemStats(&after)
		var format *FormatError
		if errors.As(err, &format) != c.format || err != nil && !c.format {
			t.Errorf("%s: %v", name, err)
		}
		if c.events > 0 && summary.Events != c.events || !strings.Contains(summary.Damage, c.damage) {
			t.Errorf("%s: %d events, damage %q", name, summary.Events, summary.Damage)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > c.maximum {
			t.Errorf("%s: %d bytes allocated, at most %d expected", name, allocated, c.maximum)
		}
	}
}

func TestIntern(t *testing.T) {
	t.Parallel()
	table := newIntern()
	for i := range 200_000 {
		name := strings.Repeat("n", i%50) + string(rune('a'+i%26)) + string(rune(0x4e00+i%20000))
		if got := table.str([]byte(name)); got != name {
			t.Fatalf("%q became %q", name, got)
		}
	}
	if table.bytes > maxInternedBytes+nameBytes+100 {
		t.Errorf("the table holds %d bytes", table.bytes)
	}
	if got := table.str([]byte("a\xffb")); got != "a\uFFFDb" {
		t.Errorf("invalid UTF-8 became %q", got)
	}
}

// TestLongEvents: an event is read whole up to maxElementBytes, however little
// of it the window holds at first.
func TestLongEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ length, events int }{
		{windowBytes / 2, 2}, {windowBytes + 10, 2}, {3 * windowBytes, 2}, {maxElementBytes - 1000, 2}, {maxElementBytes + 1000, 1},
	} {
		text := `{"otherData":{},"traceEvents":[` + "\n" +
			`{"cat":"Starlark user function call","name":"` + strings.Repeat("x", c.length) + `","ph":"X","ts":1,"dur":2,"pid":1,"tid":3},` + "\n" +
			`{"cat":"Starlark user function call","name":"short","ph":"X","ts":1,"dur":2,"pid":1,"tid":3}` + "\n]}\n"
		longest := 0
		summary, err := Read(t.Context(), strings.NewReader(text), func(e *Event) error {
			longest = max(longest, len(e.Name))
			return nil
		})
		if err != nil || int(summary.Events) != c.events || (c.events == 2) != (longest == c.length) || (c.events == 2) != (summary.Damage == "") {
			t.Errorf("a name of %d bytes: %d events, the longest of %d, %q, %v", c.length, summary.Events, longest, summary.Damage, err)
		}
	}
}

// TestTextOption: who asks for the text has all of it, once, plain or packed,
// whole or cut, and of a file that is no profile too.
func TestTextOption(t *testing.T) {
	t.Parallel()
	for name, data := range profiles(t) {
		whole := inflated(data)
		stream := packed(t, whole)
		for what, in := range map[string][]byte{
			"as recorded": data, "cut text": whole[:len(whole)*2/3], "cut stream": stream[:len(stream)*2/3], "behind the end": append(bytes.Clone(whole), "\nmore\n"...),
		} {
			var text bytes.Buffer
			if _, err := Read(t.Context(), bytes.NewReader(in), func(*Event) error { return nil }, Text(&text)); err != nil {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
			if !bytes.Equal(text.Bytes(), inflated(in)) {
				t.Errorf("%s, %s: %d bytes of text, want %d", name, what, text.Len(), len(inflated(in)))
			}
		}
	}
}
