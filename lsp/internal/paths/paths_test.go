// SPDX-License-Identifier: Apache-2.0

package paths

import (
	"os"
	"path/filepath"
	"testing"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// All spellings of one document are one document, also those of clients on
// Windows; this runs everywhere, since it is about URIs and not about files.
func TestSpellingsOfAURI(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{`file:///c%3A/ws/eat.bzl`, `file:///C:/ws/eat.bzl`, `file:///c:/ws/eat.bzl`, `file:///C%3A/ws/eat.bzl`, `file:///c%3a/ws/eat.bzl`},
		{`file:///ws/a%20b/x.bzl`, `file:///ws/a b/x.bzl`},
		{`file:///ws/%C3%A9.bzl`, `file:///ws/é.bzl`, `file:///ws/%c3%a9.bzl`},
		{`file:///ws/rules%2B%2Brepo/x.bzl`, `file:///ws/rules++repo/x.bzl`},
	} {
		var first uri.URI
		for i, spelling := range same {
			var p protocol.CodeLensParams
			if err := protocol.Unmarshal([]byte(`{"textDocument":{"uri":"`+spelling+`"}}`), &p); err != nil {
				t.Fatalf("%s: %v", spelling, err)
			}
			if i == 0 {
				first = p.TextDocument.URI
			}
			if p.TextDocument.URI != first {
				t.Errorf("%s is %s, and %s is %s", spelling, p.TextDocument.URI, same[0], first)
			}
		}
	}
}

func TestWindowsPathsOfURIs(t *testing.T) {
	t.Parallel()
	for spelling, want := range map[string]string{
		`file:///c%3A/ws/eat.bzl`:     `c:\ws\eat.bzl`,
		`file:///C:/ws/eat.bzl`:       `c:\ws\eat.bzl`,
		`file://server/share/x.bzl`:   `\\server\share\x.bzl`,
		`file:///c:/a%20b/%C3%A9.bzl`: `c:\a b\é.bzl`,
	} {
		if got := uri.FsPathFor(uri.MustParse(spelling), uri.PlatformWindows, false); got != want {
			t.Errorf("%s is %s, want %s", spelling, got, want)
		}
	}
}

func TestPathsOfURIs(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	real := filepath.Join(dir, "real")
	if err := os.Mkdir(real, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for spelling, want := range map[string]string{
		"file://" + dir + "/link/new.bzl": real + "/new.bzl",
		"file://" + dir + "/link":         real,
		"untitled:Untitled-1":             "",
		"git:/ws/a.bzl?ref":               "",
		"":                                "",
		"::::":                            "",
	} {
		if got := OfURI(uri.URI(spelling)); got != filepath.ToSlash(want) {
			t.Errorf("%s is %q, want %q", spelling, got, want)
		}
	}
	if !Below("/ws/a", "/ws") || !Below("/ws", "/ws") || Below("/wsx", "/ws") || !Below("/a", "/") {
		t.Error("below is wrong")
	}
}
