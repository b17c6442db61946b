// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"embed"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"text/template"
)

// words are what functions and packages are named after.
var words = []string{
	"audit", "archive", "bundle", "catalog", "compile", "config", "digest", "docs", "emit", "expand",
	"export", "fixture", "flatten", "fold", "format", "gather", "graph", "image", "index", "inspect",
	"layer", "link", "lint", "locale", "manifest", "matrix", "merge", "module", "notice", "package",
	"plan", "proto", "publish", "query", "registry", "release", "render", "resolve", "schema", "shard",
	"sign", "stage", "stamp", "suite", "sync", "tally", "trace", "transform", "verify", "vendor",
}

// A template's name is its kind. It holds a txtar-like list of files, each
// begun by a line "-- path --"; the path and the text are both templates. The
// first lines, before any file, are "guilty FUNCTION FILE", one an answer.
//
//go:embed templates/*.tmpl templates/field/*.tmpl
var templates embed.FS

var (
	parsed      = parse("templates/*.tmpl")
	fieldParsed = parse("templates/field/*.tmpl")
)

func parse(pattern string) *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"seq": func(from, to int) []int {
			var list []int
			for i := from; i <= to; i++ {
				list = append(list, i)
			}
			return list
		},
		"add":  func(a, b int) int { return a + b },
		"half": func(a int) int { return a / 2 },
	}).ParseFS(templates, pattern))
}

// Kinds are the kinds of culprit, sorted.
func Kinds() []string { return kindsOf(parsed) }

func kindsOf(from *template.Template) []string {
	var kinds []string
	for _, t := range from.Templates() {
		kind := strings.TrimSuffix(t.Name(), ".tmpl")
		if kind != t.Name() && !strings.HasPrefix(kind, "_") {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// A maker writes the files of one scenario.
type maker struct {
	scenario *Scenario
	random   *rand.Rand
	words    []string
	used     int
}

// word is a name that nothing in the scenario has yet.
func (m *maker) word() string {
	m.used++
	return m.words[m.used-1]
}

// between is a number from low to high, both included.
func (m *maker) between(low, high int) int { return low + m.random.IntN(high-low+1) }

// values are what a template can use.
type values struct {
	Pkg  string // the package's folder
	Fn   string // the function's name
	Rule string // the rule's, macro's or aspect's
	// Percent scales amounts of memory: 100 is what fills some 250 MB.
	Percent int
	Rounds  int // of processor time
	Numbers []int
}

// Of is an amount that takes 100 percent.
func (v values) Of(amount int) int { return amount * v.Percent / 100 }

// culprit adds one of a kind, in a package named after role. A shared name is
// that of many innocents (see decoys).
func (m *maker) culprit(kind, role string, shared bool) {
	word := m.word()
	v := values{Pkg: role + "_" + word, Fn: word + "_impl", Rule: word, Percent: m.between(45, 65)}
	if shared {
		v.Fn = "_impl"
		if loaded(kind) { // a private name cannot be
			v.Fn = "impl"
		}
	}
	m.add(kind, v)
}

// loaded reports whether BUILD files load the culprit itself.
func loaded(kind string) bool { return kind == "macro_dict" || kind == "select" }

// decoys adds what every scenario has around its culprit.
func (m *maker) decoys() {
	m.scenario.Files["WORKSPACE"] = "workspace(name = \"scenario\")\n"
	m.scenario.Files["lib/BUILD"] = ""
	m.add("_lib", values{})
	for range m.between(5, 9) { // analysis: each takes the processor a while
		word := m.word()
		m.add("_busy", values{Pkg: "busy_" + word, Fn: word + "_impl", Rule: word, Rounds: m.between(20, 80) * 1000, Numbers: make([]int, m.between(1, 3))})
	}
	for range m.between(2, 3) { // the same, and all of one name
		word := m.word()
		m.add("_busy", values{Pkg: "same_" + word, Fn: "_impl", Rule: word, Rounds: m.between(20, 80) * 1000, Numbers: make([]int, m.between(1, 2))})
	}
	for range m.between(2, 4) { // loading
		word := m.word()
		m.add("_macro", values{Pkg: "load_" + word, Fn: word + "_targets", Rule: word, Rounds: m.between(20, 80) * 1000})
	}
	word := m.word() // runs for most of the build
	m.add("_busy", values{Pkg: "long_" + word, Fn: word + "_impl", Rule: word, Rounds: m.between(3, 6) * 100_000, Numbers: make([]int, 1)})
}

// mass adds many functions, each of which keeps its honest part.
func (m *maker) mass() {
	for range m.between(10, 14) {
		word := m.word()
		m.add("_mass", values{Pkg: "mass_" + word, Fn: word + "_impl", Rule: word, Percent: m.between(40, 60), Numbers: make([]int, m.between(4, 6))})
	}
}

// add expands a template into files and answers.
func (m *maker) add(name string, v values) { m.expand(parsed, name, v) }

func (m *maker) expand(from *template.Template, name string, v any) {
	var text strings.Builder
	if err := from.ExecuteTemplate(&text, name+".tmpl", v); err != nil {
		panic(fmt.Sprintf("template %s: %v", name, err)) // they are part of the program
	}
	file, into := "", m.scenario.Files
	for line := range strings.Lines(text.String()) {
		if rest, ok := strings.CutPrefix(line, "-- "); ok {
			file, into = strings.TrimSuffix(strings.TrimSpace(rest), " --"), m.scenario.Files
			if strings.HasPrefix(file, "external/") {
				into = m.scenario.External
			}
			into[file] += "" // an empty file is one too
			continue
		}
		if rest, ok := strings.CutPrefix(line, "guilty "); ok && file == "" {
			fn, in, _ := strings.Cut(strings.TrimSpace(rest), " ")
			m.scenario.Guilty = append(m.scenario.Guilty, Culprit{fn, path.Clean(in)})
			continue
		}
		if file != "" {
			into[file] += line
		}
	}
}
