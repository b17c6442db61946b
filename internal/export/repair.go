// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

// Repair says how a profile is written anew.
type Repair struct {
	// Marks are what is to be told at a time, by who knows: the profile's summary
	// is there when all of it was read.
	Marks func(trace.ProfileSummary) []Mark
	// Heap is a track of the heap that was recorded beside the profile.
	Heap []HeapSample
	// Redact: names of functions, targets and files as hashes.
	Redact bool
}

// A Mark is a finding at a time of the profile, across all threads.
type Mark struct {
	Name   string
	Micros int64
	About  []trace.Arg
}

// A HeapSample is the heap at a time of the profile.
type HeapSample struct {
	Micros                int64
	UsedBytes, LimitBytes int64
}

const (
	categoryFinding = "starlark-memls"
	counterHeap     = "Heap (counters of the JVM)"
	// closeMicros is how long before the last Starlark call's end a thread's call
	// must have ended to be told as active at the end.
	closeMicros = 100_000
)

// Write reads a profile, whole or cut, and writes it as a whole one: every event
// before the damage, and what is found in it as instants. What viewers do not
// show, values of arguments that are objects, is left out.
func (r Repair) Write(ctx context.Context, w io.Writer, in io.Reader) (trace.ProfileSummary, error) {
	out := trace.NewWriter(w)
	c := &repairer{Repair: r, out: out, packages: map[string]bool{}}
	if r.Redact {
		c.redactor = NewRedactor()
	}
	sum, err := trace.Read(ctx, in, c.event)
	if err != nil {
		return sum, err
	}
	if sum.Events == 0 {
		return sum, nil
	}
	if err := c.findings(sum); err != nil {
		return sum, err
	}
	header := sum.Header
	if r.Redact {
		header.OutputBase, header.BuildID = "", ""
	}
	return sum, out.Close(header)
}

type repairer struct {
	Repair
	out      *trace.Writer
	redactor *Redactor // nil: nothing is
	last     trace.PerThread[lastCall]
	latest   int64           // end of a Starlark call
	packages map[string]bool // that were evaluated
}

// A lastCall is the Starlark call of a thread that ended last.
type lastCall struct {
	name string
	end  int64
}

const maxPackages = 1 << 18

func (c *repairer) event(e *trace.Event) error {
	switch e.Category {
	case trace.CategoryStarlarkCall:
		if l := c.last.Of(e.Thread); e.EndMicros() >= l.end {
			*l = lastCall{e.Name, e.EndMicros()}
		}
		c.latest = max(c.latest, e.EndMicros())
	case trace.CategoryPackage:
		if c.packages[e.Name] {
			again := trace.Event{Category: categoryFinding, Name: "evaluated again: " + c.name(e.Category, e.Name), Phase: 'i', StartMicros: e.StartMicros, Thread: e.Thread}
			if err := c.out.Event(&again); err != nil {
				return err
			}
		} else if len(c.packages) < maxPackages {
			c.packages[e.Name] = true
		}
	}
	if c.redactor == nil {
		return c.out.Event(e)
	}
	hidden := *e
	hidden.Name = c.name(e.Category, e.Name)
	hidden.Args = slices.Clone(e.Args)
	for i, arg := range hidden.Args {
		hidden.Args[i].Text = c.argument(e, arg)
	}
	return c.out.Event(&hidden)
}

// findings writes what was active at the end, the marks and the heap.
func (c *repairer) findings(sum trace.ProfileSummary) error {
	type end struct {
		thread int64
		lastCall
	}
	var active []end
	for thread, l := range c.last.All() {
		if l.name != "" && c.latest-l.end < closeMicros {
			active = append(active, end{thread, *l})
		}
	}
	slices.SortFunc(active, func(a, b end) int { return int(a.thread - b.thread) })
	for _, a := range active {
		e := trace.Event{Category: categoryFinding, Name: "last Starlark call here: " + c.name(trace.CategoryStarlarkCall, a.name), Phase: 'i', StartMicros: a.end, Thread: a.thread}
		if err := c.out.Event(&e); err != nil {
			return err
		}
	}
	var marks []Mark
	if sum.Damage != "" {
		marks = append(marks, Mark{Name: "the profile is cut here", Micros: sum.LastMicros, About: []trace.Arg{{Key: "lost", Text: sum.Damage}}})
	}
	if c.Marks != nil {
		marks = append(marks, c.Marks(sum)...)
	}
	for _, m := range marks {
		e := trace.Event{Category: categoryFinding, Name: m.Name, Phase: 'i', StartMicros: m.Micros, Args: m.About}
		if err := c.out.Global(&e); err != nil {
			return err
		}
	}
	for _, h := range c.Heap {
		e := trace.Event{Name: counterHeap, Phase: 'C', StartMicros: h.Micros, Args: []trace.Arg{{Key: "used_mib", Text: mib(h.UsedBytes)}}}
		if h.LimitBytes > 0 {
			e.Args = append(e.Args, trace.Arg{Key: "limit_mib", Text: mib(h.LimitBytes)})
		}
		if err := c.out.Event(&e); err != nil {
			return err
		}
	}
	return nil
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f", float64(bytes)/(1<<20)) }

// ownCategories are those whose names are Bazel's and the JVM's own; a path or a
// label in one is not.
var ownCategories = []string{"", trace.CategoryGC, trace.CategoryPhaseMarker, trace.CategoryGeneral, trace.CategoryStarlarkBuiltin, categoryFinding}

func (c *repairer) name(category, name string) string {
	if slices.Contains(ownCategories, category) && !strings.ContainsAny(name, `/\%@`) {
		return name
	}
	return c.redactor.Name("name", name)
}

// argument is an argument's text, where it is neither a number nor a thread's name.
func (c *repairer) argument(e *trace.Event, arg trace.Arg) string {
	if e.Phase == 'C' || e.Phase == 'M' || arg.Number != 0 || arg.Text == "0" {
		return c.name("", arg.Text)
	}
	return c.name("argument", arg.Text)
}
