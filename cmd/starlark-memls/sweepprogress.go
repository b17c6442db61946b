// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/vbauerster/mpb/v8/decor"

	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/plain"
)

// A sweepProgress shows how a sweep is getting on: a line for each build that
// has ended and, on a terminal, a bar below them.
type sweepProgress struct {
	out io.Writer
	bar *terminalBar // nil where there is no terminal
	now atomic.Pointer[building]
}

// building is what is under way.
type building struct {
	text     string
	deadline time.Time // when all will be done; zero if not known
}

func newSweepProgress(w io.Writer) *sweepProgress {
	p := &sweepProgress{out: w}
	p.now.Store(&building{text: "asking Bazel for its flags"})
	if p.bar = newTerminalBar(w, decor.CountersNoUnit("%d/%d "), p.describe); p.bar != nil {
		p.out = p.bar
	}
	return p
}

// describe is what stands behind the bar.
func (p *sweepProgress) describe() string {
	now := p.now.Load()
	if now.deadline.IsZero() {
		return now.text
	}
	return fmt.Sprintf("%s, %s left", now.text, roughly(time.Until(now.deadline)))
}

// tell is given each event of the sweep.
func (p *sweepProgress) tell(e measure.SweepEvent) {
	name := fmt.Sprintf("%s (%s)", e.Name(), e.Mode)
	if e.Record == nil {
		next := &building{text: name, deadline: p.now.Load().deadline}
		p.now.Store(next)
		if p.bar != nil {
			p.bar.SetTotal(int64(e.Of), false)
			p.bar.SetCurrent(int64(e.Number - 1))
		}
		return
	}
	line := fmt.Sprintf("[%d/%d] %s: %s after %s", e.Number, e.Of, name, e.Record.Status, e.Took.Round(100*time.Millisecond))
	if p.bar == nil && e.Left > 0 {
		line += ", " + roughly(e.Left) + " left"
	}
	if e.Record.FirstError != "" {
		line += ": " + plain.Line(e.Record.FirstError)
	}
	fmt.Fprintln(p.out, line)
	p.now.Store(&building{text: name, deadline: time.Now().Add(e.Left)})
	if p.bar != nil {
		p.bar.SetCurrent(int64(e.Number))
	}
}

// close takes the bar away.
func (p *sweepProgress) close() { p.bar.close() }

// roughly is a time to wait, to a precision that it deserves.
func roughly(d time.Duration) string {
	switch {
	case d < time.Second:
		return "1s"
	case d < 2*time.Minute:
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

// sameAgain is the command that goes on with what was interrupted.
func sameAgain(c *cobra.Command) string {
	words := strings.Fields(c.CommandPath())
	c.Flags().Visit(func(f *pflag.Flag) {
		if list, ok := f.Value.(pflag.SliceValue); ok {
			for _, value := range list.GetSlice() {
				words = append(words, "--"+f.Name+"="+value)
			}
			return
		}
		words = append(words, "--"+f.Name+"="+f.Value.String())
	})
	return shellLine(append(append(words, "--"), c.Flags().Args()...))
}

// shellLine quotes words for a shell where they need it.
func shellLine(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = word
		if word == "" || strings.ContainsAny(word, " \t\n\"'`$&|;<>()*?[]{}\\~#!") {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
