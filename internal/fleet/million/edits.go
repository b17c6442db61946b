// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/accuracy/generate"
)

// A variant is one of the ways in which the corpus is renamed and edited: as
// another company's repository, at another revision of it.
type variant struct{ project, revision int }

func (v variant) name() string { return fmt.Sprintf("project-%02d", v.project) }

// linesAbove are the lines that a revision has added above all others.
func (v variant) linesAbove() int { return 7 * v.revision }

var (
	defined  = regexp.MustCompile(`(?m)^(?:def (\w+)\(|(\w+) = (?:provider|rule|aspect)\()`)
	checkout = []byte("/srv/build/accuracy/scenario")
)

// edit renames a scenario's packages, functions, rules and providers by the
// project, and moves lines and the checkout by the revision. Packages get the
// scenario's number as well, as all scenarios are of one repository; the
// functions' names do not, and are shared by them as in the corpus.
func (v variant) edit(s *generate.Scenario, number int) func(name string, text []byte) []byte {
	names := map[string]string{}
	for file, text := range s.Files {
		if folder, _, ok := strings.Cut(file, "/"); ok && strings.Contains(folder, "_") {
			names[folder] = fmt.Sprintf("%s_%d_%d", folder, v.project, number)
		}
		for _, m := range defined.FindAllStringSubmatch(text, -1) {
			if name := m[1] + m[2]; strings.Contains(name, "_") || strings.HasSuffix(name, "Info") {
				names[name] = fmt.Sprintf("%s_%d", name, v.project)
			}
		}
	}
	var alternatives []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		alternatives = append(alternatives, regexp.QuoteMeta(name))
	}
	name := regexp.MustCompile(`\b(?:` + strings.Join(alternatives, "|") + `)\b`)
	rename := func(text string) string {
		return name.ReplaceAllStringFunc(text, func(n string) string { return names[n] })
	}
	files := map[string]string{}
	for file, text := range s.Files {
		text = rename(text)
		if path.Ext(file) == ".bzl" {
			text = strings.Repeat("# A line of a later revision.\n", v.linesAbove()) + text
		}
		files[rename(file)] = text
	}
	s.Files = files
	for i := range s.Guilty {
		s.Guilty[i].Function, s.Guilty[i].File = rename(s.Guilty[i].Function), rename(s.Guilty[i].File)
	}
	moved := []byte(fmt.Sprintf("/srv/agent-%d/work/%d", v.revision, v.project))
	return func(file string, text []byte) []byte {
		text = bytes.ReplaceAll([]byte(rename(string(text))), checkout, moved)
		if strings.HasPrefix(file, "heap") {
			text = v.moveLines(text)
		}
		return text
	}
}

// moveLines adds the revision's lines to the places that a heap dump tells.
func (v variant) moveLines(text []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var document any
	if d.Decode(&document) != nil {
		return text
	}
	v.move(document)
	moved, err := json.Marshal(document)
	if err != nil {
		return text
	}
	return moved
}

func (v variant) move(node any) {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			v.move(child)
		}
	case map[string]any:
		file, _ := n["file"].(string)
		if line, ok := n["line"].(json.Number); ok && path.Ext(file) == ".bzl" {
			if i, err := line.Int64(); err == nil && i > 0 {
				n["line"] = i + int64(v.linesAbove())
			}
		}
		for _, child := range n {
			v.move(child)
		}
	}
}
