// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/suppress"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/lsp/internal/text"
	"example.invalid/starlark-memls/lsp/settings"
	"example.invalid/starlark-memls/starlark"
)

// What is told as diagnostics. A finding is independent of protocol and
// client: a code, a line, words, and the places that belong to it.

// A diagnosis is one diagnostic before it is put into the client's terms.
type diagnosis struct {
	code    string
	line    int // from 0, of the document
	column  int // as Bazel printed it; 0 is the whole line
	message string
	related []relatedPlace
	// name is the range of the function's name, for what is about a function.
	name *protocol.Range
	// crash is what it is about, or nil; suspect likewise.
	crash   *attribution.Crash
	suspect *functionAnnotation
	// lint is what a memory check found, or nil.
	lint  *lint.Finding
	lints *Lints
	// minor: about an older build, never louder than information.
	minor bool
}

// findings are a document's, by line; suppressed ones and those that are off
// are left out.
func (v *Snapshot) findings(d *text.Document) []diagnosis {
	var all []diagnosis
	silenced := suppress.In(d.Text)
	for _, sh := range v.ReportedOf(d.Path) {
		now := func(line int) int {
			moved, _ := sh.now(d, line)
			return moved
		}
		tell := func(f diagnosis, analysed int) {
			around := sh.Analysis.Workspace.At(d.Path, analysed+1)
			if v.Settings.Severity(f.code) != 0 && !suppresses(silenced, f.code, f.line, around, now) {
				all = append(all, f)
			}
		}
		for _, m := range sh.file.Crashes {
			f := crashFinding(m, len(sh.Analysis.Report.Crashes))
			f.line = now(m.Place.Line)
			tell(f, m.Place.Line)
		}
		for _, m := range sh.file.Held {
			f := m.finding()
			f.line = now(m.Line)
			tell(f, m.Line)
		}
		for i := range sh.file.Functions {
			m := &sh.file.Functions[i]
			at := nameOf(m.Definition)
			for _, f := range functionFindings(&v.Settings, m) {
				name := sh.nameRange(d, v.Client.Encoding, *m)
				f.line, f.name = now(at.Line), &name
				tell(f, at.Line)
			}
		}
	}
	lintFindings(v, d, func(sh reported, f diagnosis, checked int) {
		now := func(line int) int { return sh.moved(d, line) }
		around := sh.Analysis.Workspace.At(d.Path, checked+1)
		if v.Settings.Severity(f.code) != 0 && !suppresses(silenced, f.code, f.line, around, now) {
			all = append(all, f)
		}
	})
	return all
}

// crashFinding words what a crash has to do with a line.
func crashFinding(m crashAnnotation, crashes int) diagnosis {
	c := m.crash
	f := diagnosis{code: m.Code, crash: c, minor: c.Older || m.innocent, related: without(StackPlaces(c), m.Place), column: m.Place.column}
	var b strings.Builder
	b.WriteString(DiedText(c))
	switch m.Code {
	case "ML001":
		fmt.Fprintf(&b, " here, in %s", m.frame.Function)
		if inner := builtinOf(c, m.frame); inner != "" {
			fmt.Fprintf(&b, " calling %s", inner)
		}
	case "ML002":
		fmt.Fprintf(&b, ", most likely in %s", c.Inferred.Name)
		if c.Inferred.Inferred() && c.Inferred.Unseen > 0 && len(c.Inferred.Posterior) == 1 {
			b.WriteString(" (probably this one: another may be in a repository that is not here)")
		} else if c.Inferred.Inferred() && len(c.Inferred.Posterior) == 1 {
			fmt.Fprintf(&b, " (probably this one, %s: the others of this name are no longer in the sources)", c.Inferred.Posterior[0].Chance())
		} else if c.Inferred.Inferred() {
			fmt.Fprintf(&b, " (one of %d functions of this name, probably this one: %s)", len(c.Inferred.Posterior), c.Inferred.Posterior[0].Chance())
		} else if len(definitionsOf(c.Inferred)) > 1 {
			fmt.Fprintf(&b, " (one of %d functions of this name)", len(definitionsOf(c.Inferred)))
		}
	case "ML005":
		fmt.Fprintf(&b, " while evaluating this target")
	case "ML006":
		fmt.Fprintf(&b, ", and this line was on the stack, in %s", m.frame.Function)
	}
	if c.Target != "" && m.Code != "ML005" {
		fmt.Fprintf(&b, ", while evaluating %s", c.Target)
	}
	if c.Aspect != "" {
		fmt.Fprintf(&b, " with the aspect %s", c.Aspect)
	}
	fmt.Fprintf(&b, ": %s", report.CauseText(c.Cause))
	if m.count > 1 {
		fmt.Fprintf(&b, "; %d of %d crashes", m.count, crashes)
	}
	b.WriteString(".")
	if m.Code == "ML002" && c.InferredWhy != "" {
		fmt.Fprintf(&b, " Why: %s.", strings.TrimSuffix(c.InferredWhy, "."))
	}
	if m.innocent {
		b.WriteString(" Its dump shows that others hold the memory (ML007).")
	}
	if m.stale {
		b.WriteString(" The source was edited since.")
	}
	f.message = b.String()
	return f
}

// builtinOf names the builtins that a frame was calling when it failed.
func builtinOf(c *attribution.Crash, frame *attribution.Frame) string {
	for _, t := range failedThreads(c) {
		for i := range t.Frames {
			if &t.Frames[i] == frame {
				return builtinBelow(t.Frames[:i])
			}
		}
	}
	return ""
}

// without leaves out the place that the finding itself is at.
func without(all []relatedPlace, at SourceLine) []relatedPlace {
	var rest []relatedPlace
	for _, r := range all {
		if r.Place.Path != at.Path || r.Place.Line != at.Line {
			rest = append(rest, r)
		}
	}
	return rest
}

// functionFindings are what a function's evidence says beyond crashes, by the
// thresholds of the settings.
func functionFindings(s *settings.Settings, m *functionAnnotation) []diagnosis {
	if m.Definition.Kind == starlark.Target || !fewCandidates(m.Suspect) {
		return nil
	}
	e := m.Suspect.Evidence
	var all []diagnosis
	var sizes []string
	if n, ok := e.Number(attribution.RetainedBytes); ok && int64(n) >= s.HotspotRetainedBytes {
		sizes = append(sizes, "retains "+quantity.Bytes(int64(n)))
	}
	if n, ok := e.Number(attribution.AllocatedBytes); ok && int64(n) >= s.HotspotAllocatedBytes {
		sizes = append(sizes, "allocates "+quantity.Bytes(int64(n)))
	}
	if len(sizes) > 0 {
		all = append(all, functionFinding("ML003", m, strings.Join(sizes, " and ")))
	}
	ratio, rated := e.Number(attribution.GCRateRatio)
	events, counted := e.Number(attribution.GCEvents)
	if rated && ratio >= s.GCRateRatio && counted && int(events) >= s.GCMinEvents {
		all = append(all, functionFinding("ML004", m, fmt.Sprintf("ran through %s, %.1f times the rate of the rest of the build",
			quantity.Count(int(events), "garbage collection", "garbage collections"), ratio)))
	}
	return all
}

func functionFinding(code string, m *functionAnnotation, what string) diagnosis {
	f := diagnosis{code: code, suspect: m}
	f.message = m.Suspect.Name + " " + what
	if m.Suspect.Inferred() {
		f.message = fmt.Sprintf("A function called %s, %s, %s", m.Suspect.Name, m.whose(), what)
		for _, other := range m.Suspect.Posterior[1:min(len(m.Suspect.Posterior), maxCandidates)] {
			f.related = append(f.related, relatedPlace{nameOf(other.Definition), "or this one (" + other.Chance() + ")"})
		}
	}
	if m.ambiguous() {
		f.message = fmt.Sprintf("A function called %s, this or %s of that name, %s", m.Suspect.Name,
			quantity.Count(len(m.Suspect.Candidates)-1, "another", "others"), what)
		for _, other := range m.Suspect.Candidates {
			if other != m.Definition {
				f.related = append(f.related, relatedPlace{nameOf(other), "or this one"})
			}
		}
	}
	if m.Suspect.Stale {
		f.message += " (measured before the source was edited)"
	}
	f.message += "."
	return f
}
