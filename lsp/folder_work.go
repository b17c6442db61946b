package lsp

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
)

// turns keeps, for each folder, one analysis at a time, and the files that
// changed since the last one.
type turns struct {
	mu      sync.Mutex
	folders map[folderID]*folderWork
}

type folderWork struct {
	turn    chan struct{} // holds one token while somebody analyses
	changed map[string]bool
}

func (t *turns) of(id folderID) *folderWork {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.folders == nil {
		t.folders = map[folderID]*folderWork{}
	}
	w := t.folders[id]
	if w == nil {
		w = &folderWork{turn: make(chan struct{}, 1), changed: map[string]bool{}}
		t.folders[id] = w
	}
	return w
}

// take waits for the folder's turn; the error is the context's.
func (t *turns) take(ctx context.Context, id folderID) (release func(), err error) {
	w := t.of(id)
	select {
	case w.turn <- struct{}{}:
		return func() { <-w.turn }, ctx.Err()
	case <-ctx.Done():
		return func() {}, ctx.Err()
	}
}

// note remembers a changed file.
func (t *turns) note(id folderID, path string) {
	w := t.of(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	w.changed[path] = true
}

// takeChanged hands over the changed files. Who could not use them puts them
// back with note.
func (t *turns) takeChanged(id folderID) []string {
	w := t.of(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	paths := slices.Sorted(maps.Keys(w.changed))
	clear(w.changed)
	return paths
}

func (t *turns) forget(id folderID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.folders, id)
}

func concludeKey(id folderID) string { return "conclude " + strconv.FormatInt(int64(id), 10) }
func scanKey(id folderID) string     { return "scan " + strconv.FormatInt(int64(id), 10) }
