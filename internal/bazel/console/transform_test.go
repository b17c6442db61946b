// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What terminals, operating systems and CI do to a console must not change
// what is read from it, but for the time and the number of a line.
var transforms = map[string]func([]byte) []byte{
	"windows line ends": func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) },
	"utf-8 mark":        func(b []byte) []byte { return append([]byte("\ufeff"), b...) },
	"utf-16 little":     func(b []byte) []byte { return toUTF16(b, binary.LittleEndian, true) },
	"utf-16 big":        func(b []byte) []byte { return toUTF16(b, binary.BigEndian, true) },
	"utf-16 no mark":    func(b []byte) []byte { return toUTF16(b, binary.LittleEndian, false) },
	"coloured":          perLine(func(_ int, l string) string { return "\x1b[0m\x1b[31m\x1b[1m" + l + "\x1b[0m\x1b(B" }),
	"256 colours":       perLine(func(_ int, l string) string { return "\x1b[38;5;196m" + l + "\x1b[m" }),
	"hyperlink":         perLine(func(_ int, l string) string { return "\x1b]8;;http://x\x1b\\" + l + "\x1b]8;;\a" }),
	"progress in place": perLine(func(_ int, l string) string { return "Loading: 3 packages loaded\r\x1b[1A\x1b[K" + l }),
	"erased end":        perLine(func(_ int, l string) string { return l + "\x1b[K" }),

	"github":       stamped("2024-01-01T00:%02d:%02d.0000000Z "),
	"gh run view":  stamped("build (ubuntu-22.04)\tRun bazel build\t2024-01-01T00:%02d:%02d.1234567Z "),
	"bazel":        stamped("(12:%02d:%02d) "),
	"bazel millis": stamped("(12:%02d:%02d.123) "),
	"jenkins":      stamped("[2024-01-01T00:%02d:%02d.123Z] "),
	"jenkins time": stamped("12:%02d:%02d "),
	"teamcity":     stamped("[12:%02d:%02d]W:\t "),
	"buildkite":    stamped("\x1b_bk;t=17000000%02d0%02d\a"),
	"gitlab":       stamped("2024-01-01T00:%02d:%02d.123456Z 00O "),
	"kubernetes":   stamped("2024-01-01T00:%02d:%02d.123456789+01:00 stdout F "),
	"logger":       stamped("2024-01-01 00:%02d:%02d,123 INFO  "),
	"logger boxed": stamped("2024-01-01 00:%02d:%02d [ERROR] "),
	"compose":      perLine(func(_ int, l string) string { return "build_1  | " + l }),

	"github over bazel, crlf": func(b []byte) []byte {
		b = stamped("2024-01-01T00:%02d:%02d.0000000Z (10:11:12) ")(b)
		return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
	},
}

func perLine(f func(int, string) string) func([]byte) []byte {
	return func(b []byte) []byte {
		lines := strings.SplitAfter(string(b), "\n")
		for i, l := range lines {
			if body, ok := strings.CutSuffix(l, "\n"); ok {
				lines[i] = f(i, body) + "\n"
			}
		}
		return []byte(strings.Join(lines, ""))
	}
}

func stamped(format string) func([]byte) []byte {
	return perLine(func(i int, l string) string { return fmt.Sprintf(format, i/60%60, i%60) + l })
}

func toUTF16(b []byte, order binary.AppendByteOrder, mark bool) []byte {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xFEFF)
	}
	for _, u := range utf16.Encode([]rune(string(b))) {
		out = order.AppendUint16(out, u)
	}
	return out
}

func TestTransforms(t *testing.T) {
	t.Parallel()
	for _, path := range shapes(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, text := parseShape(t, path)
			want := mustRead(t, text)
			for how, transform := range transforms {
				if how == "compose" && !prefixable(name) || how == "progress in place" && strings.Contains(name, "jvm.out") {
					continue // jvm.out has no progress
				}
				got := mustRead(t, transform(text))
				if diff := cmp.Diff(want, got, ignored()...); diff != "" {
					t.Errorf("%s: log differs (-want +got):\n%s", how, diff)
				}
			}
		})
	}
}

// prefixable: an unknown prefix is learnt from a crash's first line, so only
// what follows one is read behind it.
func prefixable(name string) bool {
	switch name {
	case "windows-paths", "odd-paths", "7-array-size", "8-aspect-over-aspect", "suppressed", "6-oom-message":
		return true
	}
	return false
}

func ignored() []cmp.Option {
	return []cmp.Option{
		// What was loading is told by progress, which some transformations add.
		cmpopts.IgnoreFields(PrintedCrash{}, "Time", "Loading", "LoadingOthers", "LoadingPackages"),
		cmpopts.EquateEmpty(),
	}
}

// A stamp in front is kept as printed, the outermost where there are two.
func TestCrashTime(t *testing.T) {
	t.Parallel()
	const fatal = "FATAL: bazel ran out of memory and crashed. Printing stack trace:\n"
	for _, c := range []struct{ text, want string }{
		{fatal, ""},
		{"(09:33:23) " + fatal, "09:33:23"},
		{"\x1b[K(09:33:23) \x1b[31m\x1b[1mFATAL: \x1b[0m" + strings.TrimPrefix(fatal, "FATAL: "), "09:33:23"},
		{"2024-01-01T00:00:00.0000000Z (09:33:23) " + fatal, "2024-01-01T00:00:00.0000000Z"},
		{"[2024-01-01T00:00:00.000Z] " + fatal, "2024-01-01T00:00:00.000Z"},
		{"\x1b_bk;t=1700000000123\a" + fatal, "1700000000123"},
		{"2024-01-01 00:00:00,123 INFO  " + fatal, "2024-01-01 00:00:00,123"},
	} {
		log := mustRead(t, []byte(c.text))
		if len(log.Crashes) != 1 || log.Crashes[0].Time != c.want {
			t.Errorf("%q: %+v, want time %q", c.text, log.Crashes, c.want)
		}
	}
}
