package show

// Pages: what commands show, and what a diagnostic's code links to. They are
// Markdown files in the user's cache, so every editor can open them and
// nothing needs a network.

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/lsp/codes"
)

// Pages writes into one directory.
type Pages struct {
	dir   string // the cache
	mu    sync.Mutex
	codes map[string]bool // written by this process
}

// NewPages writes below the cache's directory.
func NewPages(cacheDir string) *Pages { return &Pages{dir: cacheDir} }

// maxPages bounds how many pages are kept; the oldest go first.
const maxPages = 200

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
		if err := p.writeFile(path, doc.Markdown()); err != nil {
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
		kind = fmt.Sprintf("%s-%016x", kind, StableHash(rest))
	}
	return filepath.Join(p.dir, "pages", kind+".md")
}

// StableHash is FNV-1a: the same in every run, unlike maphash.
func StableHash(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}

// Write writes a page and returns its path.
func (p *Pages) Write(name, markdown string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	path := p.path(name)
	if err := p.writeFile(path, markdown); err != nil {
		return "", err
	}
	prune(filepath.Dir(path))
	return path, nil
}

// writeFile replaces a file as a whole: an editor that has it open never sees
// half of it. Evidence can hold what only its owner may read.
func (p *Pages) writeFile(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making the page's folder: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".page-*")
	if err != nil {
		return fmt.Errorf("writing a page: %w", err)
	}
	_, err = tmp.WriteString(text)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// Picture writes a picture and returns its path: one for each name.
func (p *Pages) Picture(name string, svg []byte) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	path := filepath.Join(p.dir, "plots", fmt.Sprintf("plot-%016x.svg", StableHash(name)))
	if err := p.writeFile(path, string(svg)); err != nil {
		return "", err
	}
	prune(filepath.Dir(path))
	return path, nil
}

// prune removes the oldest files of a directory beyond the bound.
func prune(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) <= maxPages {
		return
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(modified(a), modified(b)) })
	for _, e := range entries[:len(entries)-maxPages] {
		_ = os.Remove(filepath.Join(dir, e.Name()))
	}
}

func modified(e os.DirEntry) int64 {
	info, err := e.Info()
	if err != nil {
		return 0
	}
	return info.ModTime().UnixNano()
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
