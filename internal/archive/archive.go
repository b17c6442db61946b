// SPDX-License-Identifier: Apache-2.0

// Package archive keeps the small parts of crashes in the user's cache.
//
// A crash's evidence does not stay: the next command of any kind, even `bazel
// info`, overwrites the console, and the next build the profile. So the parts
// that are small are copied as soon as the crash is seen. What is kept is a
// measurement folder like any other (console, profile.gz,
// failure_detail.rawproto, measurement.json), under
//
//	<cache>/starlark-memls/crashes/<hash of the workspace's path>/<time>-<invocation>/
//
// where <cache> is $XDG_CACHE_HOME or the system's place (os.UserCacheDir).
// Never kept: heap dumps (only their paths), build events and server logs,
// which hold the user's environment.
//
// The place is bounded (filecache.Crashes), the oldest crash goes first. Folders appear
// whole (written aside and renamed), so that any number of editors and command
// lines can keep and read at once without a lock: two that keep the same crash
// make the same name, and the second finds it there.
package archive

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/filecache"
)

// An Archive is one place of kept crashes.
type Archive struct {
	dir  string
	kind filecache.Bucket
}

// Open gives the archive in the user's cache. Nothing is made before
// something is kept.
func Open() (*Archive, error) {
	cache, err := filecache.Dir()
	if err != nil {
		return nil, fmt.Errorf("finding the place for crashes: %w", err)
	}
	return At(filepath.Join(cache, "crashes"), filecache.Crashes.Budget), nil
}

// At gives the archive in a folder of the caller's choice. What is zero in the
// budget of a workspace is as usual.
func At(dir string, budget filecache.Budget) *Archive {
	a := &Archive{dir, filecache.Crashes}
	a.kind.Budget.Entries = cmp.Or(budget.Entries, a.kind.Budget.Entries)
	a.kind.Budget.Bytes = cmp.Or(budget.Bytes, a.kind.Budget.Bytes)
	return a
}

// workspaceDir is the folder of a workspace's crashes. The name is a hash: a
// path may be longer than a name may be, and says more than it needs to.
func (a *Archive) workspaceDir(workspace string) string {
	if real, err := filepath.EvalSymlinks(workspace); err == nil {
		workspace = real
	}
	return filepath.Join(a.dir, filecache.Key(filepath.Clean(workspace)))
}

// timeForm sorts by name as by time, and is a valid name everywhere.
const timeForm = "20060102T150405.000Z"

// A keptCrash is one kept crash.
type keptCrash struct {
	path string
	time time.Time
	id   string // the invocation's, or what stands for it
}

// entries lists what is kept of a workspace, newest first. Anything else that
// lies there is left alone.
func (a *Archive) entries(workspace string) ([]keptCrash, error) {
	dir := a.workspaceDir(workspace)
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing kept crashes: %w", err)
	}
	var entries []keptCrash
	for _, item := range list {
		stamp, id, ok := strings.Cut(item.Name(), "-")
		at, err := time.Parse(timeForm, stamp)
		if !ok || err != nil || !item.IsDir() {
			continue
		}
		e := keptCrash{path: filepath.Join(dir, item.Name()), time: at, id: id}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(x, y keptCrash) int { return strings.Compare(y.path, x.path) })
	return entries, nil
}
