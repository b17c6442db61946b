// SPDX-License-Identifier: Apache-2.0

// Package filecache keeps files and folders in the user's cache: what can be made
// again, and what would else be overwritten.
//
// What is kept appears whole: it is written aside and renamed, so that any
// number of editors and command lines can keep and read at once without a lock.
// It is bounded: what was of use last stays, up to its kind's budget. And what a
// process that was killed has left unfinished is removed by the next one that
// keeps something there.
package filecache

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Budget bounds what is kept of one kind; what is zero does not bound.
type Budget struct {
	Entries int
	Bytes   int64 // of all entries together
}

// A Bucket is one kind of what is kept, in a folder where there may be others: its
// entries are those whose names begin with Prefix.
type Bucket struct {
	Prefix string
	Budget Budget
	// ByName: names begin with a time, which counts instead of the last use.
	ByName bool
}

// The kinds that there are, all budgets in one place. An index of sources takes
// some 10 MB for a large workspace, one of a heap dump 10 to 100 MB; the others
// some kilobytes an entry.
var (
	Sources   = Bucket{Prefix: "index-", Budget: Budget{Entries: 32}}
	Dumps     = Bucket{Prefix: "hprof-", Budget: Budget{Entries: 16}}
	Summaries = Bucket{Prefix: "heap-", Budget: Budget{Entries: 64}}
	Pages     = Bucket{Budget: Budget{Entries: 200}}
	Plots     = Bucket{Prefix: "plot-", Budget: Budget{Entries: 200}}
	// Crashes of one workspace: enough for a day of hunting one.
	Crashes = Bucket{Budget: Budget{Entries: 20, Bytes: 64 << 20}, ByName: true}
)

// Dir is this program's folder in the user's cache: in $XDG_CACHE_HOME on every
// system, since whoever sets it means it, and else in the system's place.
func Dir() (string, error) {
	dir := os.Getenv("XDG_CACHE_HOME")
	if !filepath.IsAbs(dir) {
		var err error
		if dir, err = os.UserCacheDir(); err != nil {
			return "", fmt.Errorf("no folder for a cache: %w; set XDG_CACHE_HOME", err)
		}
	}
	return filepath.Join(dir, "starlark-memls"), nil
}

// Key is a name for what some words say: it holds nothing of them, and is the
// same in every run.
func Key(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// unfinished begins the names of what is being written.
const unfinished = ".partial-"

// staleAfter is when what is unfinished is taken for a dead process's.
const staleAfter = time.Hour

// Write keeps a file under its path: write is given where to. It belongs to its
// owner alone, since evidence can hold what only he may read.
func (k Bucket) Write(path string, write func(io.Writer) error) error {
	if err := k.write(path, write); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	k.Prune(filepath.Dir(path))
	return nil
}

func (k Bucket) write(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), unfinished)
	if err != nil {
		return err
	}
	err = write(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Write replaces a file as a whole, where no budget applies: a part of a
// measurement, say. Nothing but its owner may read it.
func Write(path string, text []byte) error {
	err := Bucket{}.write(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// WriteShared replaces a file as a whole that is for others as well: one of the
// workspace, or rows for a company's engine. One that is there keeps its mode, and
// a link leads where it led.
func WriteShared(path string, text []byte) error {
	mode := os.FileMode(0o644)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
		if info, err := os.Stat(path); err == nil {
			mode = info.Mode().Perm()
		}
	}
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = Bucket{}.write(path, func(w io.Writer) error {
			_, err := w.Write(text)
			return errors.Join(err, w.(*os.File).Chmod(mode))
		})
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// WriteFolder keeps a folder under its path: fill is given the folder to put
// files into. Where a folder stands there already, merge is called with the new
// one and with it, and the new one is removed.
func (k Bucket) WriteFolder(path string, fill func(dir string) error, merge func(dir, there string) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), unfinished)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // gone already where it was renamed
	if err := fill(dir); err != nil {
		return err
	}
	err = os.Rename(dir, path)
	if err == nil {
		return nil
	}
	if info, statErr := os.Stat(path); statErr != nil || !info.IsDir() {
		return err
	}
	return merge(dir, path)
}

// Used notes that an entry was of use, for Prune.
func Used(path string) {
	now := time.Now()
	_ = os.Chtimes(path, now, now) // a cache that cannot be written is bounded as far as it can be
}

// Prune removes from a folder what is beyond the kind's budget, what was of use
// last being kept and the newest in any case, and what a dead process has left
// unfinished. What cannot be removed stays.
func (k Bucket) Prune(dir string) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	type entry struct {
		path  string
		at    time.Time
		bytes int64
	}
	var all []entry
	for _, item := range list {
		path := filepath.Join(dir, item.Name())
		info, err := item.Info()
		switch {
		case err != nil: // gone meanwhile
		case strings.HasPrefix(item.Name(), "."):
			if time.Since(info.ModTime()) > staleAfter && isUnfinished(item.Name()) {
				_ = os.RemoveAll(path)
			}
		case strings.HasPrefix(item.Name(), k.Prefix):
			e := entry{path, info.ModTime(), info.Size()}
			if k.Budget.Bytes > 0 && item.IsDir() {
				e.bytes = folderBytes(path)
			}
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b entry) int {
		if c := b.at.Compare(a.at); c != 0 && !k.ByName {
			return c
		}
		return strings.Compare(b.path, a.path)
	})
	var kept Budget
	for i, e := range all {
		over := k.Budget.Entries > 0 && kept.Entries >= k.Budget.Entries || k.Budget.Bytes > 0 && kept.Bytes+e.bytes > k.Budget.Bytes
		if i > 0 && over {
			_ = os.RemoveAll(e.path)
			continue
		}
		kept.Entries++
		kept.Bytes += e.bytes
	}
}

// isUnfinished tells what is being written from other hidden files. Versions
// before had a name for each kind.
func isUnfinished(name string) bool {
	for _, prefix := range []string{unfinished, ".index-", ".page-", ".hprof-", ".heap-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func folderBytes(dir string) (total int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil && !d.IsDir() {
			total += info.Size()
		}
		return nil
	})
	return total
}

// Scratch is a file in dir, "" for the system's place, for what is needed until
// it is closed. It has no name any more, so that nothing is left behind whatever
// happens; where the system allows that only later, remove does it.
func Scratch(dir string) (f *os.File, remove func() error, err error) {
	f, err = os.CreateTemp(dir, "starlark-memls-*")
	if err != nil {
		return nil, nil, err
	}
	if os.Remove(f.Name()) == nil {
		return f, func() error { return nil }, nil
	}
	return f, func() error { return os.Remove(f.Name()) }, nil
}
