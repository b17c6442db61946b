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
// The place is bounded by Limits, the oldest crash goes first. Folders appear
// whole (written aside and renamed), so that any number of editors and command
// lines can keep and read at once without a lock: two that keep the same crash
// make the same name, and the second finds it there.
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Limits bound what is kept of one workspace.
type Limits struct {
	Crashes int   // how many
	Bytes   int64 // of all of them together
}

// DefaultLimits are enough for a day of hunting one crash.
var DefaultLimits = Limits{Crashes: 20, Bytes: 64 << 20}

// An Archive is one place of kept crashes.
type Archive struct {
	dir    string
	limits Limits
}

// Open gives the archive in the user's cache. Nothing is made before
// something is kept.
func Open(limits Limits) (*Archive, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, fmt.Errorf("finding the cache for crashes: %w; set XDG_CACHE_HOME", err)
	}
	return At(filepath.Join(cache, "starlark-memls", "crashes"), limits), nil
}

// At gives the archive in a folder of the caller's choice. Limits that are
// zero are the default ones.
func At(dir string, limits Limits) *Archive {
	if limits.Crashes <= 0 {
		limits.Crashes = DefaultLimits.Crashes
	}
	if limits.Bytes <= 0 {
		limits.Bytes = DefaultLimits.Bytes
	}
	return &Archive{dir: dir, limits: limits}
}

// cacheDir is $XDG_CACHE_HOME on every system, since whoever sets it means it,
// and else the system's place.
func cacheDir() (string, error) {
	if dir := os.Getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	return os.UserCacheDir()
}

// workspaceDir is the folder of a workspace's crashes. The name is a hash: a
// path may be longer than a name may be, and says more than it needs to.
func (a *Archive) workspaceDir(workspace string) string {
	if real, err := filepath.EvalSymlinks(workspace); err == nil {
		workspace = real
	}
	sum := sha256.Sum256([]byte(filepath.Clean(workspace)))
	return filepath.Join(a.dir, hex.EncodeToString(sum[:8]))
}

// timeForm sorts by name as by time, and is a valid name everywhere.
const timeForm = "20060102T150405.000Z"

// partial is what folders are called while they are written.
const partial = ".partial-"

// An entry is one kept crash.
type entry struct {
	path  string
	time  time.Time
	id    string // the invocation's, or what stands for it
	bytes int64
}

// entries lists what is kept of a workspace, newest first. Anything else that
// lies there is left alone.
func (a *Archive) entries(workspace string) ([]entry, error) {
	dir := a.workspaceDir(workspace)
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing kept crashes: %w", err)
	}
	var entries []entry
	for _, item := range list {
		stamp, id, ok := strings.Cut(item.Name(), "-")
		at, err := time.Parse(timeForm, stamp)
		if !ok || err != nil || !item.IsDir() {
			continue
		}
		e := entry{path: filepath.Join(dir, item.Name()), time: at, id: id}
		e.bytes = size(e.path)
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(x, y entry) int { return strings.Compare(y.path, x.path) })
	return entries, nil
}

func size(dir string) int64 {
	list, _ := os.ReadDir(dir)
	var total int64
	for _, item := range list {
		if info, err := item.Info(); err == nil {
			total += info.Size()
		}
	}
	return total
}

// staleAfter is when a folder that was never finished is taken for one whose
// writer died.
const staleAfter = time.Hour

// trim removes the oldest crashes until the limits hold; the newest stays in
// any case. It removes what dead writers left as well.
func (a *Archive) trim(workspace string, now time.Time) error {
	entries, err := a.entries(workspace)
	if err != nil {
		return err
	}
	var total int64
	for i, e := range entries {
		total += e.bytes
		if i > 0 && (i >= a.limits.Crashes || total > a.limits.Bytes) {
			total -= e.bytes
			if err := os.RemoveAll(e.path); err != nil {
				return fmt.Errorf("removing an old crash: %w", err)
			}
		}
	}
	list, _ := os.ReadDir(a.workspaceDir(workspace))
	for _, item := range list {
		info, err := item.Info()
		if err == nil && strings.HasPrefix(item.Name(), partial) && now.Sub(info.ModTime()) > staleAfter {
			_ = os.RemoveAll(filepath.Join(a.workspaceDir(workspace), item.Name()))
		}
	}
	return nil
}

// Clear removes all kept crashes of a workspace.
func (a *Archive) Clear(workspace string) error {
	if err := os.RemoveAll(a.workspaceDir(workspace)); err != nil {
		return fmt.Errorf("removing kept crashes: %w", err)
	}
	return nil
}
