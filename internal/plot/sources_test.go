// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/series"
)

// Each mark of a linked picture names the measurements of its limit; a picture
// that is given away names none.
func TestLinkedSVG(t *testing.T) {
	t.Parallel()
	micros := int64(30e6)
	row := func(name string, limit int64, status measurement.Status) series.Row {
		return series.Row{Path: "/srv/s/" + name, Series: "/srv/s", MemoryLimitBytes: limit << 20, Status: status, DurationMicros: &micros}
	}
	rows := []series.Row{
		row("200m-1", 200, measurement.OutOfMemory), row(`200m-"2"<&`, 200, measurement.OK), row("400m-1", 400, measurement.OK),
	}
	picture, err := Limits(Summarize(rows, Choice{}))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"/srv/s/200m-1", `/srv/s/200m-"2"<&`}, {"/srv/s/400m-1"}}
	if got := sourcesIn(t, picture.LinkedSVG()); !reflect.DeepEqual(got, want) {
		t.Errorf("the marks name %q, want %q", got, want)
	}
	if plain := picture.SVG(); bytes.Contains(plain, []byte("/srv")) {
		t.Error("a picture that is given away tells where its measurements lie")
	}
}

// A table's lines are no measurements that could be opened.
func TestLinesOfATableAreNotLinked(t *testing.T) {
	t.Parallel()
	picture, err := Limits(Summarize(rows(t, "x", origin), Choice{}))
	if err != nil {
		t.Fatal(err)
	}
	if got := sourcesIn(t, picture.LinkedSVG()); len(got) != 0 {
		t.Errorf("the marks name %q", got)
	}
}

// sourcesIn reads the document as an XML parser has it.
func sourcesIn(t *testing.T, svg []byte) [][]string {
	t.Helper()
	var all [][]string
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			if a.Name.Local == "data-measurements" {
				var list []string
				if err := json.Unmarshal([]byte(a.Value), &list); err != nil {
					t.Fatalf("%q: %v", a.Value, err)
				}
				all = append(all, list)
			}
		}
	}
}

// TestNameOf: an output base's name, a hash, is in no title.
func TestNameOf(t *testing.T) {
	t.Parallel()
	base := filepath.Join(t.TempDir(), "8f5740b1529969c54b1161ad8169e19d")
	if err := os.MkdirAll(base, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := nameOf(base); got != filepath.Base(base) {
		t.Errorf("a folder is called %q", got)
	}
	if err := os.WriteFile(filepath.Join(base, "DO_NOT_BUILD_HERE"), []byte("/home/me/src/app"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := nameOf(base); got != "last build of app" {
		t.Errorf("an output base is called %q", got)
	}
}
