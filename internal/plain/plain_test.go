// SPDX-License-Identifier: Apache-2.0

package plain

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// evil has each kind of character that is obeyed.
const evil = "a\x1b]0;title\x07\x1b[31m\r\u0085\u009b\u202etxt\u2066\u200b\u2028\u00ad\ufeff\U000e0041z"

func TestLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"//pkg:name": "//pkg:name",
		"Grüße, 世界":  "Grüße, 世界",
		"a\tb":       "a b",
		"a\nFAKE:1:": "a?FAKE:1:",
		"\x1b[31m":   "?[31m",
		"a\xffb":     "a?b",
		evil:         "a?]0;title??[31m????txt??????z",
	} {
		if got := Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Cut("Grüße\x00"+strings.Repeat("x", 1<<20), 8); got != "Grüße?x…" {
		t.Errorf("Cut: %q", got)
	}
}

func TestWriter(t *testing.T) {
	t.Parallel()
	text := "one\ttwo\n" + evil + "\nGrüße, 世界\n\xff.bzl\n"
	for name, read := range map[string]func(io.Reader) io.Reader{"at once": func(r io.Reader) io.Reader { return r }, "by bytes": iotest.OneByteReader} {
		var out bytes.Buffer
		w := NewWriter(&out)
		if _, err := io.Copy(w, read(strings.NewReader(text))); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		got := out.String()
		if strings.ContainsFunc(got, obeyed) {
			t.Errorf("%s: %q has something that is obeyed", name, got)
		}
		for _, kept := range []string{"one\ttwo\n", `a\u001b]0;title\u0007`, "\nGrüße, 世界\n", "\xff.bzl\n", `\udb40\udc41z`} {
			if !strings.Contains(got, kept) {
				t.Errorf("%s: %q lacks %q", name, got, kept)
			}
		}
	}
}

// FuzzWriter: whatever is written in whatever portions, nothing that is obeyed
// comes out, and JSON says what it said.
func FuzzWriter(f *testing.F) {
	f.Add([]byte(evil), 3)
	f.Add([]byte("\xe2\x80"), 1)
	f.Fuzz(func(t *testing.T, text []byte, portion int) {
		write := func(text []byte) string {
			var out bytes.Buffer
			w := NewWriter(&out)
			for p := max(portion, 1); len(text) > 0; {
				n := min(p, len(text))
				if wrote, err := w.Write(text[:n]); err != nil || wrote != n {
					t.Fatalf("wrote %d of %d: %v", wrote, n, err)
				}
				text = text[n:]
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			return out.String()
		}
		if got := write(text); strings.ContainsFunc(got, obeyed) && utf8.Valid(text) {
			t.Fatalf("%q came out of %q", got, text)
		}
		told := strings.ToValidUTF8(string(text), "")
		inJSON, err := json.Marshal(told)
		if err != nil {
			t.Fatal(err)
		}
		var back string
		if err := json.Unmarshal([]byte(write(inJSON)), &back); err != nil || back != told {
			t.Fatalf("%q came back as %q, %v", told, back, err)
		}
		if line := Line(told); strings.ContainsFunc(line, func(r rune) bool { return obeyed(r) || r == '\n' }) {
			t.Fatalf("Line(%q) = %q", told, line)
		}
	})
}
