// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strconv"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/quantity"
)

// The tables of `bazel dump --rules`.

// maxRules bounds the rows of the text.
const maxRules = 10

// A RuleMemory is one rule or aspect: targets and live bytes over all
// measurements that tell of it, and the function that implements it.
type RuleMemory struct {
	Rule     string `json:"rule"`
	Cut      bool   `json:"cut,omitempty"` // only the end of the name is known
	Aspect   bool   `json:"aspect,omitempty"`
	Targets  int64  `json:"targets"`
	Actions  int64  `json:"actions"`
	Bytes    *int64 `json:"bytes,omitempty"`
	Function string `json:"function,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
}

// A ChangedRule is one rule on both sides, per build.
type ChangedRule struct {
	Rule     string `json:"rule"`
	Aspect   bool   `json:"aspect,omitempty"`
	TargetsA int64  `json:"targets_a"`
	TargetsB int64  `json:"targets_b"`
	BytesA   int64  `json:"bytes_a"`
	BytesB   int64  `json:"bytes_b"`
}

func (o Options) rules(r *attribution.Report) (all []RuleMemory) {
	for i := range r.Rules {
		m := &r.Rules[i]
		made := RuleMemory{Rule: m.Name, Cut: m.Cut, Aspect: m.Aspect, Targets: m.Targets, Actions: m.Actions}
		if m.HasBytes {
			made.Bytes = &m.Bytes
		}
		if d := m.Implementation; d != nil {
			made.Function, made.File, made.Line = d.Name, o.path(d.File), d.NameRange.Start.Line
		}
		all = append(all, made)
	}
	return all
}

func changedRules(c *attribution.Comparison) (all []ChangedRule) {
	for _, r := range c.Rules {
		all = append(all, ChangedRule{r.Name, r.Aspect, r.A.Targets, r.B.Targets, r.A.Bytes, r.B.Bytes})
	}
	return all
}

// unfunctioned is the answer where nothing but a table of rules is known, whose
// implementations are not here.
func unfunctioned(r *attribution.Report) string {
	m := &r.Rules[0]
	what := "the rule "
	if m.Aspect {
		what = "the aspect "
	}
	return fmt.Sprintf("Nothing here says how the build ended. Of what rules keep, %s%s has most: %s live in %s, %s each; the sources here do not define it.",
		what, ruleName(m.Name, m.Cut, false), quantity.Bytes(m.Bytes), quantity.Count(int(m.Targets), "target", "targets"), quantity.Bytes(m.Bytes/max(m.Targets, 1)))
}

// mostChanged says which rule's live memory changed most between two sides, in
// whose order they are.
func mostChanged(rules []attribution.RuleChange) string {
	m := &rules[0]
	if m.A.Bytes == m.B.Bytes {
		return "No function is known on either side, and no rule's live memory differs."
	}
	return fmt.Sprintf("The live memory of %s went from %s to %s; no function is known on either side.",
		ruleName(m.Name, m.A.Cut || m.B.Cut, m.Aspect), quantity.Bytes(m.A.Bytes), quantity.Bytes(m.B.Bytes))
}

// ruleName is a rule's name as the table gives it.
func ruleName(name string, cut, aspect bool) string {
	if cut {
		name = "..." + name
	}
	if aspect {
		name = "aspect " + name
	}
	return name
}

// ruleRows are the heaviest rules.
func (o Options) ruleRows(r *attribution.Report) [][]string {
	rows := [][]string{{"rule", "targets", "live", "each", "implemented by"}}
	for i := range r.Rules[:min(len(r.Rules), maxRules)] {
		m := &r.Rules[i]
		live, each, by := "-", "-", "-"
		if m.HasBytes {
			live, each = quantity.Bytes(m.Bytes), quantity.Bytes(m.Bytes/max(m.Targets, 1))
		}
		if d := m.Implementation; d != nil {
			by = d.Name + ", " + shorten(o.place(d), 34)
		}
		rows = append(rows, []string{ruleName(m.Name, m.Cut, m.Aspect), strconv.FormatInt(m.Targets, 10), live, each, by})
	}
	return rows
}

func (t *textWriter) rules() {
	if len(t.r.Rules) == 0 {
		return
	}
	t.line("")
	t.line("Rules by live memory (dump --rules)")
	for _, l := range columns(t.o.ruleRows(t.r), func(column int) bool { return column > 0 && column < 4 }) {
		t.line("  %s", l)
	}
	if more := len(t.r.Rules) - maxRules; more > 0 {
		t.line("  and %d more", more)
	}
}

func (m markdown) rules(r *attribution.Report) {
	if len(r.Rules) == 0 {
		return
	}
	m.line("")
	m.line("## Rules by live memory")
	m.line("")
	for i, row := range m.o.ruleRows(r) {
		m.line("| %s | %s | %s | %s | %s |", escape(row[0]), row[1], row[2], row[3], escape(row[4]))
		if i == 0 {
			m.line("|---|---:|---:|---:|---|")
		}
	}
}

// ruleChanges shows what differs between two sides.
func (t *textWriter) ruleChanges(c *attribution.Comparison) {
	if len(c.Rules) == 0 {
		return
	}
	t.line("Rules by live memory (dump --rules)")
	rows := [][]string{{"rule", "targets A", "B", "live A", "B", "change"}}
	for i := range c.Rules[:min(len(c.Rules), maxRules)] {
		r := &c.Rules[i]
		sign := "+"
		if r.B.Bytes < r.A.Bytes {
			sign = "-"
		}
		rows = append(rows, []string{ruleName(r.Name, r.A.Cut || r.B.Cut, r.Aspect), strconv.FormatInt(r.A.Targets, 10), strconv.FormatInt(r.B.Targets, 10),
			quantity.Bytes(r.A.Bytes), quantity.Bytes(r.B.Bytes), sign + quantity.Bytes(max(r.B.Bytes-r.A.Bytes, r.A.Bytes-r.B.Bytes))})
	}
	for _, l := range columns(rows, func(column int) bool { return column > 0 }) {
		t.line("  %s", l)
	}
	t.line("")
}
