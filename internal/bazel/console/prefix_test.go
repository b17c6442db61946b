// SPDX-License-Identifier: Apache-2.0

package console

import (
	"fmt"
	"html"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Whatever a collector writes before the lines, and whatever the way to a file
// does to them, the log is that of the bare console. Each shape is put before
// every line of every recorded console.
var collectors = map[string]func(n int, l string) string{
	"concurrently":       func(_ int, l string) string { return "[0] " + l },
	"concurrently named": func(_ int, l string) string { return "[build:app] " + l },
	"cloud build":        func(_ int, l string) string { return `Step #3 - "bazel": ` + l },
	"drone":              func(n int, l string) string { return fmt.Sprintf("+ %02d:%02d:%02d %s", n/3600, n/60%60, n%60, l) },
	"buildkit":           func(n int, l string) string { return fmt.Sprintf("#12 %d.%03d %s", n, n%1000, l) },
	"stern":              func(_ int, l string) string { return "runner-7f9c8d-x2k build " + l },
	"kubectl":            func(_ int, l string) string { return "[pod/runner-7f9c8d-x2k/build] " + l },
	"journald": func(n int, l string) string {
		return fmt.Sprintf("Dec 01 10:%02d:%02d ci-host-3 bazel[4711]: %s", n/60%60, n%60, l)
	},
	"syslog": func(n int, l string) string {
		return fmt.Sprintf("<13>1 2026-04-27T10:%02d:%02d.123Z host app 17 - - %s", n/60%60, n%60, l)
	},
	"line numbers":        func(n int, l string) string { return fmt.Sprintf("%6d  %s", n+1, l) },
	"line numbers, colon": func(n int, l string) string { return fmt.Sprintf("%d:%s", n+1, l) },
	"level varies":        func(n int, l string) string { return []string{"INFO", "ERROR", "WARN"}[n%3] + " [ci.Runner] " + l },
	"teamcity step":       func(n int, l string) string { return fmt.Sprintf("[12:00:%02d] :\t [Step 1/2] %s", n%60, l) },
	"github and a label":  func(n int, l string) string { return fmt.Sprintf("2026-01-01T00:00:%02d.0000000Z [app] %s", n%60, l) },
	"gh run view, spaces": func(_ int, l string) string { return "build\tRun bazel build\t" + l },
	"docker json": func(n int, l string) string {
		return fmt.Sprintf(`{"log":%s,"stream":"stderr","time":"2026-01-01T00:00:%02d.123456789Z"}`, jsonString(l+"\n"), n%60)
	},
	"buildkite, characters lost": func(n int, l string) string { return fmt.Sprintf("_bk;t=17000000%05d%s", n, l) },
	"markdown quote":             func(_ int, l string) string { return "> " + l },
	"a pipe":                     func(_ int, l string) string { return "  | " + l },

	"html":             func(_ int, l string) string { return html.EscapeString(l) },
	"html page":        func(_ int, l string) string { return `<span class="l">` + html.EscapeString(l) + "</span>" },
	"bells":            func(_ int, l string) string { return "\a" + l + "\a" },
	"terminal title":   func(_ int, l string) string { return "\x1b]0;bazel build //...\a" + l },
	"stripped colours": func(_ int, l string) string { return "[0m[31m[1m" + l + "[0m" },
	"stripped cursor":  func(_ int, l string) string { return "[1A[K[32m" + l + "[0m" },
	"cat -v":           func(_ int, l string) string { return "^[[31m^[[1m" + l + "^[[0m" },
	"syslog escapes":   func(_ int, l string) string { return "#033[31m" + l + "#033[0m" },
}

func jsonString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

// randomCollector makes up a prefix: words, counters and clocks in a row.
func randomCollector(seed uint64) func(n int, l string) string {
	r := rand.New(rand.NewPCG(seed, 1))
	letters := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	var parts []func(n int) string
	for range 1 + r.IntN(4) {
		switch r.IntN(5) {
		case 0:
			b := make([]byte, 1+r.IntN(9))
			for i := range b {
				b[i] = letters[r.IntN(len(letters))]
			}
			parts = append(parts, func(int) string { return string(b) })
		case 1:
			start := r.IntN(100000)
			parts = append(parts, func(n int) string { return strconv.Itoa(start + n) })
		case 2:
			parts = append(parts, func(n int) string { return fmt.Sprintf("%02d:%02d", n/60%60, n%60) })
		case 3:
			open := []string{"[]", "()", "<>", "{}"}[r.IntN(4)]
			parts = append(parts, func(n int) string { return open[:1] + strconv.Itoa(n%7) + "/x" + open[1:] })
		case 4:
			id := fmt.Sprintf("%x-%x", r.Uint32(), r.Uint32())
			parts = append(parts, func(int) string { return id })
		}
	}
	glue := []string{" ", "  ", "/", "-", "."}[r.IntN(5)]
	end := []string{" ", "  ", ": ", " | ", "] ", "> ", "\t"}[r.IntN(7)]
	return func(n int, l string) string {
		words := make([]string, len(parts))
		for i, p := range parts {
			words[i] = p(n)
		}
		return strings.Join(words, glue) + end + l
	}
}

func TestCollectors(t *testing.T) {
	t.Parallel()
	how := map[string]func(int, string) string{}
	for name, c := range collectors {
		how[name] = c
	}
	seeds := uint64(60)
	if testing.Short() {
		seeds = 12
	}
	for seed := range seeds {
		how["random "+strconv.FormatUint(seed, 10)] = randomCollector(seed)
	}
	for _, path := range shapes(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, text := parseShape(t, path)
			if strings.Contains(string(text), "\r") || strings.Contains(string(text), "\x1b") || witnesses(string(text)) < 2 {
				return // several states in a line; no second line of Bazel's
			}
			want := mustRead(t, text)
			for label, collector := range how {
				if strings.HasPrefix(name, "wrapped") && strings.Contains(label, "characters lost") {
					continue // its number and a line that begins with one are told apart by nothing
				}
				got := mustRead(t, perLine(collector)(text))
				if diff := cmp.Diff(want, got, append(ignored(), cmpopts.IgnoreFields(PrintedCrash{}, "ServerLog"))...); diff != "" {
					t.Errorf("%s: log differs (-want +got):\n%s", label, diff)
				}
			}
		})
	}
}

// witnesses counts the lines that a prefix can be learnt from.
func witnesses(text string) int {
	n := 0
	for l := range strings.Lines(text) {
		if at, _ := wordsAt(strings.TrimLeft(l, " \t")); at == 0 {
			n++
		}
	}
	return n
}
