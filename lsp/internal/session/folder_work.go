// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"example.invalid/starlark-memls/lsp/internal/show"
)

// maxWait is how long typing without a pause may put off the analysis. After
// that it runs, and is not overtaken: or someone who never pauses would never
// see it, and the edits since the last one would grow without bound. Marks move
// with the edits meanwhile, so nothing is wrong before; and on a machine that is
// busy, an analysis takes from what VS Code paints the next key with.
const maxWait = 5 * time.Second

// turns keeps, for each folder, one analysis at a time, and the files that
// changed since the last one.
type turns struct {
	mu      sync.Mutex
	folders map[show.FolderID]*folderWork
}

type folderWork struct {
	turn    chan struct{} // holds one token while somebody analyses
	changed map[string]bool
	since   time.Time // of the oldest in changed
}

func (t *turns) of(id show.FolderID) *folderWork {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.folders == nil {
		t.folders = map[show.FolderID]*folderWork{}
	}
	w := t.folders[id]
	if w == nil {
		w = &folderWork{turn: make(chan struct{}, 1), changed: map[string]bool{}}
		t.folders[id] = w
	}
	return w
}

// Take waits for the folder's turn; the error is the context's.
func (t *turns) Take(ctx context.Context, id show.FolderID) (release func(), err error) {
	w := t.of(id)
	select {
	case w.turn <- struct{}{}:
		return func() { <-w.turn }, ctx.Err()
	case <-ctx.Done():
		return func() {}, ctx.Err()
	}
}

// note remembers a changed file.
func (t *turns) note(id show.FolderID, path string) {
	w := t.of(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(w.changed) == 0 {
		w.since = time.Now()
	}
	w.changed[path] = true
}

// takeChanged hands over the changed files. Who could not use them puts them
// back with note.
func (t *turns) takeChanged(id show.FolderID) []string {
	w := t.of(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	paths := slices.Sorted(maps.Keys(w.changed))
	clear(w.changed)
	return paths
}

// late reports whether a change has waited for longer than it should.
func (t *turns) late(id show.FolderID) bool {
	w := t.of(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(w.changed) > 0 && time.Since(w.since) > maxWait
}

// waiting reports whether a change waits.
func (t *turns) waiting(id show.FolderID) bool {
	w := t.of(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(w.changed) > 0
}

func (t *turns) forget(id show.FolderID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.folders, id)
}

func concludeKey(id show.FolderID) string { return "conclude " + strconv.FormatInt(int64(id), 10) }
func scanKey(id show.FolderID) string     { return "scan " + strconv.FormatInt(int64(id), 10) }
