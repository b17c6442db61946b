// SPDX-License-Identifier: Apache-2.0

package report

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// Escape sequences, which stand around text that has been laid out already, so
// that they take no room in it.
const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	yellow = "33"
)

// styled is text with a graphic rendition (ECMA-48, SGR).
func (t *textWriter) styled(style, text string) string {
	if !t.o.Color || text == "" {
		return text
	}
	indent := len(text) - len(strings.TrimLeft(text, " "))
	return text[:indent] + "\x1b[" + style + "m" + text[indent:] + "\x1b[0m"
}

// shownPlace is FILE:LINE in a text.
var shownPlace = regexp.MustCompile(`([^\s()\[\]"',;]+):(\d+)(?::\d+)?`)

// linked makes the places in a line links to their files (OSC 8), of those
// files that the report knows to be there.
func (t *textWriter) linked(text string) string {
	if len(t.files) == 0 {
		return text
	}
	return shownPlace.ReplaceAllStringFunc(text, func(at string) string {
		m := shownPlace.FindStringSubmatch(at)
		path, known := t.files[m[1]]
		if !known {
			return at
		}
		address := url.URL{Scheme: "file", Path: filepath.ToSlash(path), Fragment: "L" + m[2]}
		return "\x1b]8;;" + address.String() + "\x1b\\" + at + "\x1b]8;;\x1b\\"
	})
}

// knownFiles are the sources of the report, by how they are shown.
func (t *textWriter) knownFiles() map[string]string {
	if !t.o.Links {
		return nil
	}
	files := map[string]string{}
	for i := range t.r.Suspects {
		s := &t.r.Suspects[i]
		if s.Definition != nil {
			files[t.o.path(s.Definition.File)] = s.Definition.File
		}
		for _, d := range s.Candidates {
			files[t.o.path(d.File)] = d.File
		}
	}
	for _, c := range t.r.Crashes {
		for _, thread := range c.Threads {
			for i := range thread.Frames {
				if source := thread.Frames[i].Source; source != "" {
					files[t.o.path(source)] = source
				}
			}
		}
	}
	return files
}
