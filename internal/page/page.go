// SPDX-License-Identifier: Apache-2.0

// Package page writes the one page to move in: HTML in a single file that needs no
// network, opens from a mail attachment, and is what the editor's panel shows. It
// begins with the sentence that matters; then come the pictures, then the tables.
//
// The page's only script and style are those in assets, which its policy
// (Content-Security-Policy) allows by their hashes; all else is data. Text from
// other people's files is escaped by html/template, or made by goldmark with raw
// HTML left out.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/export"
)

// A Page is what is on it.
type Page struct {
	Title    string // of the window
	About    string // what it is of: the dump, the workspace, when
	Sentence string
	Facts    []string // how certain it is, what the data cannot show
	Pictures []Picture
	Tables   []Table
	Markdown string // behind the tables
}

// A Picture is an icicle of a Tree, or the timeline of a Recording.
type Picture struct {
	Title, Note string
	All         string // what the whole Tree is called
	Tree        *export.Tree
	Recording   *export.Timeline
	// Marks are moments of the timeline that have a name.
	Marks []export.Mark
}

// A Table is a table.
type Table struct {
	Title, Note string
	Columns     []Column
	Rows        [][]Cell
}

// A Column heads a table's column.
type Column struct {
	Title  string
	Number bool
}

// A Cell is a text; Place is the FILE:LINE that it is.
type Cell struct {
	Text, Place string
	Number      bool
}

//go:embed assets/page.html
var layout string

//go:embed assets/page.css
var style string

//go:embed assets/base.js assets/icicle.js assets/timeline.js assets/start.js
var scripts embed.FS

// script is the scripts in one function, so that nothing of theirs is global.
var script = func() string {
	var b strings.Builder
	b.WriteString("\"use strict\";\n(async () => {\n")
	for _, name := range []string{"base", "icicle", "timeline", "start"} {
		text, err := scripts.ReadFile("assets/" + name + ".js")
		if err != nil {
			panic(err) // it is compiled in
		}
		b.Write(text)
	}
	b.WriteString("})();\n")
	return b.String()
}()

// maxNodes bounds the nodes of an icicle: 50,000 take a megabyte and a half.
const maxNodes = 50_000

var parsed = template.Must(template.New("page").Parse(layout))

// Write writes the page.
func Write(w io.Writer, p *Page) error {
	data, err := p.data()
	if err != nil {
		return err
	}
	text, err := html(p.Markdown)
	if err != nil {
		return err
	}
	// Template's escapers take <style> and <script> for what they are; both are ours.
	return parsed.Execute(w, struct {
		*Page
		StyleHash, ScriptHash string
		Style                 template.CSS
		Script                template.JS
		Data                  string
		Text                  template.HTML
	}{p, hash(style), hash(script), template.CSS(style), template.JS(script), data, template.HTML(text)})
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// html is Markdown as HTML, in which raw HTML is left out.
func html(markdown string) (string, error) {
	if markdown == "" {
		return "", nil
	}
	var b bytes.Buffer
	err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert([]byte(markdown), &b)
	return b.String(), err
}

// pictureData is a picture in the page's JSON.
type pictureData struct {
	Title    string              `json:"title"`
	All      string              `json:"all,omitempty"`
	Measures []export.ValueType  `json:"measures,omitempty"`
	Frames   []export.StackFrame `json:"frames,omitempty"`
	Parents  []int32             `json:"parents,omitempty"`
	Of       []int32             `json:"of,omitempty"`
	Own      [][]int64           `json:"own,omitempty"`
	Timeline *timelineData       `json:"timeline,omitempty"`
}

type timelineData struct {
	Start   int64        `json:"start"`
	End     int64        `json:"end"`
	Threads []string     `json:"threads"`
	Names   []string     `json:"names"`
	Spans   [][5]int64   `json:"spans"`  // thread, name, start, length, depth
	Pauses  [][3]int64   `json:"pauses"` // start, length, 1 for a major one
	Memory  [][2]float64 `json:"memory"` // time, MiB
	Phases  []phaseData  `json:"phases"`
	Marks   []markData   `json:"marks"`
}

type phaseData struct {
	Name  string `json:"name"`
	Start int64  `json:"start"`
}

type markData struct {
	Name string `json:"name"`
	At   int64  `json:"at"`
}

// data is the pictures as JSON, packed: fifty thousand names are most of it.
func (p *Page) data() (string, error) {
	all := []pictureData{}
	for _, picture := range p.Pictures {
		d := pictureData{Title: picture.Title, All: picture.All}
		if t := picture.Tree; t != nil {
			d.Measures, d.Frames = t.Measures, t.Frames
			d.Parents, d.Of, d.Own = t.Columns()
		}
		if r := picture.Recording; r != nil {
			d.Timeline = timeline(r, picture.Marks)
		}
		all = append(all, d)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if err := errors.Join(json.NewEncoder(z).Encode(all), z.Close()); err != nil {
		return "", fmt.Errorf("the page's pictures: %w", err)
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}

func timeline(r *export.Timeline, marks []export.Mark) *timelineData {
	d := &timelineData{Start: max(0, r.Trace.FirstMicros), End: r.Trace.LastMicros, Spans: [][5]int64{}, Pauses: [][3]int64{}, Memory: [][2]float64{}}
	threads, names := map[int64]int64{}, map[string]int64{}
	for _, s := range r.Spans {
		t, ok := threads[s.Thread]
		if !ok {
			t = int64(len(d.Threads))
			threads[s.Thread] = t
			name := r.Trace.Threads[s.Thread]
			if name == "" {
				name = fmt.Sprint("thread ", s.Thread)
			}
			d.Threads = append(d.Threads, name)
		}
		n, ok := names[s.Name]
		if !ok {
			n = int64(len(d.Names))
			names[s.Name] = n
			d.Names = append(d.Names, s.Name)
		}
		d.Spans = append(d.Spans, [5]int64{t, n, s.Start, s.Micros(), int64(s.Depth)})
	}
	for _, k := range r.Pauses {
		major := int64(0)
		if k.Kind == trace.MajorGC {
			major = 1
		}
		d.Pauses = append(d.Pauses, [3]int64{k.StartMicros, k.DurationMicros, major})
	}
	for _, m := range r.Memory {
		d.Memory = append(d.Memory, [2]float64{float64(m.Micros), m.Value})
	}
	for _, p := range r.Phases {
		d.Phases = append(d.Phases, phaseData{p.Name, p.Start})
	}
	for _, m := range marks {
		d.Marks = append(d.Marks, markData{m.Name, m.Micros})
	}
	return d
}
