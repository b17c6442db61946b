// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/perfdata"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/report"
)

// whatIsHere is the program with nothing typed: in a workspace, what there is
// to work with and the one next step; elsewhere, the help.
func whatIsHere(c *cobra.Command, _ []string) error {
	root, err := findRoot("")
	if err != nil {
		return c.Help()
	}
	h := here{out: c.OutOrStdout(), o: terminalOptions(c, root)}
	h.line("workspace", root)
	base, _, err := outputbase.Find(root, outputbase.HostEnvironment())
	if err != nil {
		h.line("output base", "none: Bazel has not built here yet")
		h.next("build something with Bazel; or see a recorded crash: starlark-memls demo")
		return nil
	}
	h.line("output base", base.Dir)
	h.armed = armed(c.Context())(base.Dir)
	h.server(base)
	r, _, err := conclude(c.Context(), "", nil)
	if err != nil {
		if c.Context().Err() != nil {
			return err
		}
		first, _, _ := strings.Cut(err.Error(), "\n")
		h.line("last build", "nothing to read: "+first)
		h.next("build something; Bazel 4 writes no profile without --experimental_generate_json_trace_profile")
		return nil
	}
	h.builds(r)
	h.dumps(base)
	h.suspects(r)
	return nil
}

type here struct {
	out   io.Writer
	o     report.Options
	armed bool // the running server
}

func (h here) line(what, text string) {
	for _, l := range h.o.Wrapped(report.Printable(text), fmt.Sprintf("%-14s", what), strings.Repeat(" ", 14)) {
		fmt.Fprintln(h.out, l)
	}
}

// next is the last line: the one thing to do.
func (h here) next(text string) { h.line("next", text) }

// server tells the heap of the living server, of its JVM's own counters.
func (h here) server(base *outputbase.OutputBase) {
	s, err := server.Find(base.Dir)
	if err != nil {
		text := "not running"
		if impostor := (*server.ImpostorError)(nil); errors.As(err, &impostor) {
			text = "not known: " + impostor.Why
		}
		h.line("server", text)
		return
	}
	text := fmt.Sprintf("process %d is running", s.PID)
	if sample, err := heapNow(s.PID); err == nil {
		text += ", heap " + quantity.Bytes(sample.UsedBytes)
		if sample.LimitBytes > 0 {
			text += fmt.Sprintf(" of %s (%s)", quantity.Bytes(sample.LimitBytes), quantity.Share(float64(sample.UsedBytes)/float64(sample.LimitBytes)))
		}
	}
	if h.armed {
		text += "; armed: it will leave a heap dump"
	}
	h.line("server", text)
}

func heapNow(pid int) (perfdata.Sample, error) {
	f, err := perfdata.Open(pid)
	if err != nil {
		return perfdata.Sample{}, err
	}
	defer f.Close()
	counters, err := f.Read()
	if err != nil {
		return perfdata.Sample{}, err
	}
	return counters.Sample(), nil
}

// builds tells the last build and the last crash.
func (h here) builds(r *attribution.Report) {
	for _, m := range r.Measurements {
		if m.Older {
			continue
		}
		text := strings.ReplaceAll(string(m.Status), "_", " ")
		if m.DurationMicros > 0 {
			text += " after " + quantity.Micros(m.DurationMicros)
		}
		h.line("last build", text+at(m.Ended))
	}
	if len(r.Crashes) == 0 {
		if r.Older != nil {
			h.line("last crash", "before the last build"+at(r.Older.Ended))
			return
		}
		h.line("last crash", "none is known")
		return
	}
	c := &r.Crashes[0]
	text := report.CauseText(c.Cause)
	if c.Target != "" {
		text += " while evaluating " + c.Target
	}
	h.line("last crash", text+at(c.Time))
}

func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", " + t.Local().Format(time.DateTime)
}

// dumps tells of the newest heap dump.
func (h here) dumps(base *outputbase.OutputBase) {
	if len(base.HeapDumps) == 0 {
		text := "none"
		switch s := &base.Server; {
		case h.armed:
			text += " yet"
		case s.LeavesHeapDump(): // Bazel 4 and older do by themselves
			text += "; the server was started to leave one if it runs out of memory"
		case s.Alive:
			text += "; starlark-memls arm has the server leave one if it runs out of memory"
		default:
			text += "; Bazel 5 and later leave one with startup --host_jvm_args=-XX:+HeapDumpOnOutOfMemoryError in .bazelrc"
		}
		h.line("heap dump", text)
		return
	}
	d := base.HeapDumps[0]
	text := fmt.Sprintf("%s, %s%s", d.Path, quantity.Bytes(d.Bytes), at(d.Modified))
	if more := len(base.HeapDumps) - 1; more > 0 {
		text += fmt.Sprintf(", and %d older", more)
	}
	h.line("heap dump", text)
}

// suspects tells the answer, and what to do next.
func (h here) suspects(r *attribution.Report) {
	h.line("answer", report.Answer(r, h.o))
	switch {
	case len(r.Crashes) > 0:
		h.next("starlark-memls report")
	case r.Older != nil:
		h.next("starlark-memls report " + shellLine([]string{r.Older.Path}))
	case len(r.Suspects) > 0:
		h.next("starlark-memls report, or find how little memory the build needs: starlark-memls sweep --find-limit --out memory -- //...")
	default:
		h.next("starlark-memls doctor, which says what this build did not record")
	}
}
