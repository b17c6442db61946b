// SPDX-License-Identifier: Apache-2.0

package show

// Pages: what commands show, and what a diagnostic's code links to. They are
// Markdown files in the user's cache, so every editor can open them and
// nothing needs a network.

import (
	"io"
	"path/filepath"
	"strings"
	"sync"

	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/internal/codes"
	"example.invalid/starlark-memls/internal/filecache"
)

// Pages writes into one directory.
type Pages struct {
	dir   string // the cache
	mu    sync.Mutex
	codes map[string]bool // written by this process
}

// NewPages writes below the cache's directory.
func NewPages(cacheDir string) *Pages { return &Pages{dir: cacheDir} }

func CodePageName(code string) string { return strings.ToUpper(code) }

// code is the page of a diagnostic's code; it is written the first time.
func (p *Pages) code(code string) (uri.URI, bool) {
	doc, ok := codes.Lookup(code)
	if !ok {
		return "", false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	path := p.path(CodePageName(code))
	if !p.codes[code] {
		if err := writeText(filecache.Pages, path, doc.Markdown()); err != nil {
			return "", false // a diagnostic without a link is still one
		}
		if p.codes == nil {
			p.codes = map[string]bool{}
		}
		p.codes[code] = true
	}
	return uri.File(path), true
}

// path is where a page of that name is. Names that are more than a word are
// hashed, so that they may hold anything and tell nothing.
func (p *Pages) path(name string) string {
	kind, rest, long := strings.Cut(name, "-")
	if long {
		kind = kind + "-" + filecache.Key(rest)
	}
	return filepath.Join(p.dir, "pages", kind+".md")
}

// Write writes a page and returns its path.
func (p *Pages) Write(name, markdown string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	path := p.path(name)
	if err := writeText(filecache.Pages, path, markdown); err != nil {
		return "", err
	}
	return path, nil
}

// writeText replaces a file as a whole: an editor that has it open never sees
// half of it.
func writeText(kind filecache.Bucket, path, text string) error {
	return kind.Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// Picture writes a picture and returns its path: one for each name.
func (p *Pages) Picture(name string, svg []byte) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	path := filepath.Join(p.dir, "plots", filecache.Plots.Prefix+filecache.Key(name)+".svg")
	if err := writeText(filecache.Plots, path, string(svg)); err != nil {
		return "", err
	}
	return path, nil
}

// A Page is the answer of a command that shows one.
type Page struct {
	Title    string `json:"title"`
	URI      string `json:"uri"`
	Path     string `json:"path"`
	Markdown string `json:"markdown"`
	// Shown: the editor opened it.
	Shown bool `json:"shown"`
}
