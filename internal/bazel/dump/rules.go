// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A RuleCount is one row of `bazel dump --rules`.
type RuleCount struct {
	// Name is the rule class, or the aspect's name without its file. Bazel
	// cuts it to 30 characters and keeps the tail: Cut says that Name is
	// only the end of the real one.
	Name   string
	Cut    bool
	Aspect bool
	Count  int64 // configured targets of it
	// Actions they registered.
	Actions int64
	// Bytes and BytesEach are the live memory allocated in it, known only
	// with the allocation agent.
	Bytes, BytesEach int64
	HasBytes         bool
}

// Rules is the output of `bazel dump --rules`.
type Rules struct {
	Rows []RuleCount // in Bazel's order: the heaviest first, rules before aspects
	// Note is what Bazel said instead of a table, or what was odd about it.
	Note string
}

const maxRulesLine = 64 << 10

// ReadRules reads the text of `bazel dump --rules`. Lines around the tables
// (warnings, progress) do no harm. The error is that of r or ctx.
func ReadRules(ctx context.Context, r io.Reader) (*Rules, error) {
	rules := &Rules{}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxRulesLine)
	table, aspects := false, false
	for n := 0; scanner.Scan(); n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return rules, ctx.Err()
		}
		line := strings.TrimRight(scanner.Text(), "\r")
		fields := strings.Fields(line)
		switch {
		case len(fields) >= 3 && (fields[0] == "RULE" || fields[0] == "ASPECT") && fields[1] == "COUNT":
			table, aspects = true, fields[0] == "ASPECT"
		case strings.HasPrefix(line, "No rules in Bazel server"):
			rules.Note = "the server had no rules: it was started anew after the crash"
		case table:
			if row, ok := ruleRow(fields); ok {
				row.Aspect = aspects
				rules.Rows = append(rules.Rows, row)
			}
		}
	}
	if err := scanner.Err(); err != nil {
		if !errors.Is(err, bufio.ErrTooLong) {
			return rules, fmt.Errorf("reading rules: %w", err)
		}
		rules.Note = "cut: a line is longer than any row"
	}
	return rules, nil
}

// ruleRow reads one row from the right: names may hold anything, but blanks.
func ruleRow(fields []string) (RuleCount, bool) {
	if len(fields) != 3 && len(fields) != 5 {
		return RuleCount{}, false
	}
	var numbers [4]int64
	for i, field := range fields[1:] {
		n, err := strconv.ParseInt(strings.NewReplacer(",", "", ".", "").Replace(field), 10, 64)
		if err != nil || n < 0 {
			return RuleCount{}, false
		}
		numbers[i] = n
	}
	row := RuleCount{Name: fields[0], Count: numbers[0], Actions: numbers[1],
		Bytes: numbers[2], BytesEach: numbers[3], HasBytes: len(fields) == 5}
	row.Name, row.Cut = strings.CutPrefix(row.Name, "...")
	return row, true
}
