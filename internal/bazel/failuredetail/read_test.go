// SPDX-License-Identifier: Apache-2.0

package failuredetail

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"example.invalid/starlark-memls/internal/bazel/console"
)

var update = flag.Bool("update", false, "write what the reader gives into the golden files")

func mustRead(tb testing.TB, raw []byte) *Detail {
	tb.Helper()
	d, err := Read(bytes.NewReader(raw))
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// TestRecorded reads what real Bazel 4.2.3 wrote.
func TestRecorded(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.rawproto")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			d := mustRead(t, raw)
			if d.Damage != "" || d.Category != 108 {
				t.Errorf("damage %q, category %d", d.Damage, d.Category)
			}
			got, err := json.MarshalIndent(d, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(path, ".rawproto") + ".json"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
				t.Errorf("detail differs (-want +got):\n%s", diff)
			}
			// The JSON is that of the build event protocol, and reads back.
			var back Detail
			if err := json.Unmarshal(got, &back); err != nil {
				t.Fatal(err)
			}
			back.Category, back.Code = d.Category, d.Code
			if diff := cmp.Diff(d, &back); diff != "" {
				t.Errorf("by way of JSON (-want +got):\n%s", diff)
			}
		})
	}
}

// The file and the console of one crash tell the same: the consoles recorded
// with these files are among the console reader's shapes.
func TestConsoleCrashAgreesWithConsole(t *testing.T) {
	t.Parallel()
	for file, shape := range map[string]string{
		"4.2.3-stack-overflow":          "4.2.3-stack-overflow",
		"4.2.3-out-of-memory-macro":     "4.2.3-out-of-memory-macro",
		"4.2.3-out-of-memory-no-frames": "4.2.3-out-of-memory-no-frames",
	} {
		raw, err := os.ReadFile("testdata/" + file + ".rawproto")
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile("../console/testdata/" + shape + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		text, _, _ = bytes.Cut(text, []byte("-- log --"))
		log, err := console.Read(t.Context(), bytes.NewReader(text))
		if err != nil || len(log.Crashes) != 1 {
			t.Fatal(log, err)
		}
		want := log.Crashes[0]
		got, ok := mustRead(t, raw).ConsoleCrash()
		if !ok {
			t.Fatalf("%s: no crash", file)
		}
		want.Line, want.Time = 0, ""
		// Of the progress, which a detail has not.
		want.Loading, want.LoadingOthers, want.LoadingPackages = "", 0, false
		// A detail's stacks are cut at a depth of 1000, the JVM's at 1024.
		n := min(len(got.Java), len(want.Java), 1000)
		got.Java, want.Java = got.Java[:n], want.Java[:n]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-console +detail):\n%s", file, diff)
		}
	}
}

// encode writes a detail in the wire form: the oracle of Read.
func encode(d *Detail) []byte {
	str := func(b []byte, n protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
	}
	num := func(b []byte, n protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
	}
	var crash []byte
	if d.Crash.Code == CrashOOM {
		crash = num(crash, 1, 1)
	}
	for _, c := range d.Crash.Causes {
		t := str(str(nil, 1, c.Class), 2, c.Message)
		for _, e := range c.StackTrace {
			t = str(t, 3, e)
		}
		crash = str(crash, 2, string(t))
	}
	if d.Crash.OOMDetectorOverride {
		crash = num(crash, 3, 1)
	}
	for i, c := range []OOMCauseCategory{OOMNone, OOMOrganic, OOMDetectorOverride, OOMGCThrashing, OOMGCChurning} {
		if c == d.Crash.OOMCauseCategory {
			crash = num(crash, 4, uint64(i))
		}
	}
	return str(str(nil, 1, d.Message), 108, string(crash))
}

// starlarkCrash is a detail as 6.0 and later write one.
func starlarkCrash() *Detail {
	return &Detail{
		Message: "Crashed: (net.starlark.java.eval.Starlark.UncheckedEvalError) OutOfMemoryError thrown during Starlark evaluation (//cpu:lock_19), (java.lang.OutOfMemoryError) Java heap space",
		Crash: &CrashDetail{
			Code: CrashOOM,
			Causes: []Throwable{
				{Class: "net.starlark.java.eval.Starlark.UncheckedEvalError", Message: "OutOfMemoryError thrown during Starlark evaluation (//cpu:lock_19)",
					StackTrace: []string{"<starlark>.write(<builtin>:0)", "<starlark>.traverse_impl(/srv/build/memory-eater/memory/eat.bzl:57)"}},
				{Class: "java.lang.OutOfMemoryError", Message: "Java heap space", StackTrace: []string{"java.base/java.util.Arrays.copyOf(Unknown Source)"}},
			},
		},
		Category: 108, Code: 1,
	}
}

func TestConsoleCrash(t *testing.T) {
	t.Parallel()
	d := mustRead(t, encode(starlarkCrash()))
	if diff := cmp.Diff(starlarkCrash(), d); diff != "" {
		t.Fatalf("detail (-want +got):\n%s", diff)
	}
	c, ok := d.ConsoleCrash()
	want := []console.StarlarkFrame{{Function: "write", File: console.Builtin}, {Function: "traverse_impl", File: "/srv/build/memory-eater/memory/eat.bzl", Line: 57}}
	if !ok || c.Cause != console.JavaHeapSpace || !c.OutOfMemory || c.Target != "//cpu:lock_19" || !slices.Equal(c.Starlark, want) {
		t.Errorf("crash %+v", c)
	}
	for _, change := range []func(*CrashDetail){
		func(c *CrashDetail) { c.OOMDetectorOverride = true },
		func(c *CrashDetail) { c.OOMCauseCategory = OOMGCChurning },
	} {
		d := starlarkCrash()
		change(d.Crash)
		back := mustRead(t, encode(d))
		if diff := cmp.Diff(d, back); diff != "" {
			t.Errorf("detail (-want +got):\n%s", diff)
		}
		if c, _ := back.ConsoleCrash(); c.Cause != console.GCThrashing {
			t.Errorf("cause %q of a detector's decision", c.Cause)
		}
	}
	if _, ok := (&Detail{Message: "x"}).ConsoleCrash(); ok {
		t.Error("a crash of a detail without one")
	}
}

// TestJSON reads the build event protocol's form, with names or numbers.
func TestJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in       string
		code     CrashCode
		category OOMCauseCategory
	}{
		{`{"message":"m","crash":{"code":"CRASH_OOM","oomCauseCategory":"GC_THRASHING"}}`, CrashOOM, OOMGCThrashing},
		{`{"message":"m","crash":{"code":1,"oomCauseCategory":4}}`, CrashOOM, OOMGCChurning},
		{`{"message":"m","crash":{}}`, "", ""},
		{`{"crash":{"code":7,"causes":[{"throwableClass":"a.B"}]},"later":{"x":1}}`, "7", ""},
	} {
		var d Detail
		if err := json.Unmarshal([]byte(c.in), &d); err != nil {
			t.Fatal(err)
		}
		if d.Crash.Code != c.code || d.Crash.OOMCauseCategory != c.category {
			t.Errorf("%s: %+v", c.in, d.Crash)
		}
	}
	if json.Unmarshal([]byte(`{"crash":{"code":[]}}`), &Detail{}) == nil {
		t.Error("a list is no code")
	}
}

// TestCut cuts a file after every byte: what is whole is given, the loss said.
func TestCut(t *testing.T) {
	t.Parallel()
	whole := starlarkCrash()
	raw := encode(whole)
	for n := 1; n < len(raw); n++ {
		d, err := Read(bytes.NewReader(raw[:n]))
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if d.Damage == "" && d.Crash != nil {
			t.Fatalf("cut at %d: no word of it", n)
		}
		if d.Crash == nil {
			continue
		}
		if d.Message != whole.Message || len(d.Crash.Causes) > 2 {
			t.Fatalf("cut at %d: %+v", n, d)
		}
		for i, c := range d.Crash.Causes {
			w := whole.Crash.Causes[i].StackTrace
			if len(c.StackTrace) > len(w) || !slices.Equal(c.StackTrace, w[:len(c.StackTrace)]) {
				t.Fatalf("cut at %d: frames %q", n, c.StackTrace)
			}
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"text":       "FATAL: bazel ran out of memory and crashed.\n",
		"gzip":       "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff",
		"zeros":      strings.Repeat("\x00", 100),
		"json":       `{"message":"x"}`,
		"no message": "\x10\x01",
		"too large":  strings.Repeat("\x0a\x00", maxSize/2+1),
	} {
		if d, err := Read(strings.NewReader(in)); err == nil {
			t.Errorf("%s: %+v, want an error", name, d)
		}
	}
	if d := mustRead(t, nil); d.Damage == "" {
		t.Error("an empty file is not reported")
	}
	// Another kind of failure: //bad:lid failed in analysis.
	d := mustRead(t, []byte("\x0a\x01m\xca\x06\x02\x08\x07"))
	if d.Category != 105 || d.Code != 7 || d.Crash != nil {
		t.Errorf("another failure: %+v", d)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(encode(starlarkCrash()))
	f.Add([]byte("\x0a\x01m\xca\x06\x02\x08\x07"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := Read(bytes.NewReader(raw))
		if (d == nil) == (err == nil) {
			t.Fatalf("Read = %v, %v", d, err)
		}
		_, _ = d.ConsoleCrash()
	})
}
