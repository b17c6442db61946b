// SPDX-License-Identifier: Apache-2.0

package problems

import (
	"encoding/json"
	"io"
)

// A Format is a form that problems are written in.
type Format struct {
	Name  string // as --format spells it
	Write func(io.Writer, *Set) error
}

// Formats are all of them.
func Formats() []Format {
	return []Format{{"sarif", WriteSARIF}, {"github", WriteGitHub}, {"gitlab", WriteGitLab}, {"junit", WriteJUnit}}
}

// FormatOf finds a format by its name.
func FormatOf(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Names are the names of the formats, for help and completion.
func Names() []string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return names
}

func writeJSON(w io.Writer, document any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}
