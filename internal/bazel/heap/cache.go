// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/input"
)

// Kept summaries go by the dump's identity and by the version of this package's
// judgement: a summary that was made with less insight is as good as none.
const (
	summaryVersion = "7-"
	maxKeptSummary = 256 << 20 // bytes
)

// CachedSummary returns the summary that Store has kept of a dump, by the
// dump's identity; ok is false where there is none. It costs a read of 128 KiB
// of the dump, whatever its size.
func CachedSummary(path, cacheDir string) (s *Summary, ok bool) {
	file, err := summaryPath(path, cacheDir)
	if err != nil {
		return nil, false
	}
	text, err := input.ReadFile(context.Background(), file, maxKeptSummary)
	if err != nil {
		return nil, false
	}
	s = new(Summary)
	if err := json.Unmarshal(text, s); err != nil || s.Schema != summarySchema {
		return nil, false
	}
	filecache.Used(file)
	return s, true
}

// Store keeps the summary of the dump at path, and of those kept before the ones
// that were of use last. Previews are never kept: a
// cache outlives the dump, and its owner does not expect secrets in it.
func (s *Summary) Store(path, cacheDir string) error {
	file, err := summaryPath(path, cacheDir)
	if err != nil {
		return err
	}
	text, err := json.Marshal(s.withoutPreviews())
	if err != nil {
		return fmt.Errorf("keeping the summary of %s: %w", path, err)
	}
	err = filecache.Summaries.Write(file, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping the summary of %s: %w", path, err)
	}
	return nil
}

func summaryPath(path, cacheDir string) (string, error) {
	id, err := hprof.Identity(path)
	if err != nil {
		return "", err
	}
	return filepath.Join(cacheDir, filecache.Summaries.Prefix+summaryVersion+id+".json"), nil
}

// withoutPreviews is a copy that holds no contents.
func (s *Summary) withoutPreviews() *Summary {
	out := *s
	out.Threads = make([]ThreadSummary, len(s.Threads))
	for i, t := range s.Threads {
		frames := make([]FrameSummary, len(t.Frames))
		for j, f := range t.Frames {
			locals := make([]Local, len(f.Locals))
			for k, l := range f.Locals {
				l.Preview = ""
				locals[k] = l
			}
			f.Locals = locals
			frames[j] = f
		}
		t.Frames = frames
		out.Threads[i] = t
	}
	out.Findings = make([]FindingSummary, len(s.Findings))
	for i, f := range s.Findings {
		f.Preview = ""
		out.Findings[i] = f
	}
	return &out
}
