// SPDX-License-Identifier: Apache-2.0

//go:build unix

package hostile

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	table = flag.String("table", "", "write what came of each input as a Markdown table to this `file`")
	older = flag.String("older", "", "an older `program` to stand beside this one in the table")
)

// shorter is how long a program may hang in the table.
const shorter = 20 * time.Second

// TestTable writes the table of docs/hostile-inputs.md, one input after the
// other, so that what they take is not each other's:
//
//	go test ./internal/hostile -run '^TestTable$' -older PROGRAM -table FILE
func TestTable(t *testing.T) {
	if *table == "" {
		t.Skip("-table says where to")
	}
	programs := []string{program}
	if *older != "" {
		programs = []string{*older, program}
	}
	inputs := Inputs()
	slices.SortFunc(inputs, func(a, b Input) int { return strings.Compare(a.Kind+a.Name, b.Kind+b.Name) })
	var b strings.Builder
	wrong := make([]int, len(programs))
	for _, in := range inputs {
		fmt.Fprintf(&b, "| %s | %s | `%s` |", cell(in.Kind), cell(in.Name), cell(strings.Join(in.Args, " ")))
		for i, p := range programs {
			got := tried(t, p, in, shorter)
			faults := got.faults(in)
			if len(faults) > 0 {
				wrong[i]++
			}
			fmt.Fprintf(&b, " %s |", told(in, got, faults))
		}
		b.WriteString("\n")
	}
	for i, p := range programs {
		t.Logf("%s: wrong at %d of %d inputs", p, wrong[i], len(inputs))
	}
	if err := os.WriteFile(*table, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// scratch is the end of the folder that an input was made in, in a name that is
// quoted.
var scratch = regexp.MustCompile(`\w*stile-\d+`)

// told is a run in a few words: what is wrong, or that it was answered or
// refused, and what it took.
func told(in Input, got run, faults []string) string {
	word := "answered"
	switch {
	case len(faults) > 0:
		first, _, _ := strings.Cut(scratch.ReplaceAllString(faults[0], "…"), ": exit ")
		word = "**" + cell(first) + "**"
	case in.Waits:
		word = fmt.Sprintf("ended %d ms after the signal", got.signal.Milliseconds())
	case got.code > 0:
		word = "refused"
	}
	return fmt.Sprintf("%s; %.1f s, %d MB", word, got.cpu.Seconds(), got.memory>>20)
}

// cell is text in a cell of a Markdown table.
func cell(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	return strings.Map(func(r rune) rune {
		if obeyed(r) || r == '`' {
			return '?'
		}
		return r
	}, strings.ReplaceAll(text, "|", "\\|"))
}
