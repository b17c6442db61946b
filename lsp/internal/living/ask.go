// SPDX-License-Identifier: Apache-2.0

package living

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/interrupt"
	"example.invalid/starlark-memls/internal/live"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/settings"
)

// An AskArguments is a command's argument.
type AskArguments struct {
	Workspace string `json:"workspace"`
	// Yes: the user knows what it costs, and agrees. False: only say what it
	// would cost. Absent: ask the user.
	Yes *bool `json:"yes"`
}

// A ServerAnswer is what a living server was asked, and said.
type ServerAnswer struct {
	// Asked is false where the user did not agree (yet); then there is the
	// cost alone.
	Asked bool   `json:"asked"`
	Cost  string `json:"cost"`

	Workspace string     `json:"workspace"`
	PID       int        `json:"pid"`
	At        *time.Time `json:"at,omitempty"`
	// Way is pipe, or file where the heap came through a file without a name.
	Way       live.Way `json:"way,omitempty"`
	Seconds   float64  `json:"seconds,omitempty"`
	LiveBytes int64    `json:"live_bytes,omitempty"`
	// Holder is who holds most, in a sentence; Owners are all.
	Holder string               `json:"holder,omitempty"`
	Owners []heap.RetainedOwner `json:"owners,omitempty"`

	retained heap.Retained
	folder   show.FolderID
}

// Find finds the running server of a folder, if it may be asked.
func (s *Servers) Find(f *show.Folder) (*server.Server, error) {
	chosen := s.Current().Settings
	switch {
	case !s.Trusted:
		return nil, errors.New("this workspace is not trusted: its server is not asked")
	case chosen.AskServer == settings.AskNever:
		return nil, errors.New("asking the server is switched off (starlarkMemls.askServer is never)")
	case f == nil:
		return nil, errors.New("no workspace is open; open a folder with a MODULE.bazel or WORKSPACE, or a file in one")
	}
	base, err := s.Pipeline.Find(f.Root, chosen)
	if err != nil {
		return nil, err
	}
	found, err := server.Find(filepath.FromSlash(base.Dir))
	if err != nil {
		return nil, err
	}
	if !serves(found, f.Root) {
		return nil, fmt.Errorf("server %d was started for another workspace on the same output base, and is not asked", found.PID)
	}
	return found, found.Verify()
}

// agreed asks for the user's consent, unless it was given: what the user agrees
// to is what it costs.
func (s *Servers) agreed(ctx context.Context, r AskArguments, cost string) bool {
	if r.Yes != nil {
		return *r.Yes
	}
	const ask = "Ask the Server"
	if s.Current().Settings.NotifyActions {
		return s.Session.Ask(ctx, protocol.MessageTypeInfo, "Bazel's "+cost+"; nothing is left on the disk.", ask) == ask
	}
	s.ShowMessage(protocol.MessageTypeInfo, "Bazel's "+cost+`; to go on, give the command {"yes": true}.`)
	return false
}

// Ask asks a folder's server who holds its memory, once the user agrees, and
// makes the answer evidence.
func (s *Servers) Ask(ctx context.Context, f *show.Folder, r AskArguments, token protocol.ProgressToken) (*ServerAnswer, error) {
	found, err := s.Find(f)
	if err != nil {
		return nil, err
	}
	cost := live.Price(found)
	if !s.agreed(ctx, r, cost) {
		return &ServerAnswer{Cost: cost, Workspace: f.Root, PID: found.PID}, nil
	}
	answer, err := s.ask(ctx, f.ID, token)
	if answer != nil {
		answer.Cost = cost
	}
	return answer, err
}

// ask asks without asking the user.
func (s *Servers) ask(ctx context.Context, id show.FolderID, token protocol.ProgressToken) (*ServerAnswer, error) {
	f := s.Current().Folder(id)
	found, err := s.Find(f)
	if err != nil {
		return nil, err
	}
	defer interrupt.Hold(ctx)() // nothing of what the JVM writes may stay
	ctx, p, end := s.Begin(ctx, token, "Asking Bazel's server who holds its memory")
	defer end()
	p.Report("the server writes its heap")
	began := time.Now()
	summary, way, err := live.Heap(ctx, found, live.DumpOptions{Dir: s.Dir(), Notice: func(text string) { p.Report(text) }}, heap.ReadOptions{})
	if err != nil {
		return nil, err
	}
	now, known := summary.Retained()
	if !known {
		return nil, errors.New("who holds the memory could not be told")
	}
	now = now.RelativeTo(f.Root)
	answer := &ServerAnswer{Asked: true, Workspace: f.Root, PID: found.PID, At: &began, Way: way, Seconds: time.Since(began).Seconds(),
		LiveBytes: now.LiveBytes, Holder: report.HeapAnswer(summary, report.Options{Root: f.Root}), Owners: now.Owners, retained: now, folder: id}
	if err := live.Remember(s.Dir(), found, now); err != nil {
		s.Log.Warn("not remembered for the next comparison", "error", err)
	}
	p.Report("joining it with the sources")
	return answer, s.take(ctx, id, found, summary, began)
}

// take makes the answer a measurement of the folder, in the place of the one
// before.
func (s *Servers) take(ctx context.Context, id show.FolderID, found *server.Server, summary *heap.Summary, at time.Time) error {
	dir := filepath.Join(s.Dir(), "shown", filecache.Key(found.OutputBase))
	if err := live.Store(summary, filepath.Join(dir, "heap.json")); err != nil {
		return err
	}
	s.Update(func(next *show.Snapshot) bool {
		f := next.Folder(id)
		if f == nil {
			return false
		}
		with, o := *f, show.Observed{}
		if f.Observed != nil {
			o = *f.Observed
		}
		o.Living = &show.LivingHeap{Path: dir, At: at}
		with.Observed = &o
		return next.SetFolder(&with)
	})
	_, err := s.LoadPaths(ctx, id, []string{dir})
	return err
}

// Show tells the answer, and goes to the first function of it: at once, or
// where the user wants to see it.
func (s *Servers) Show(ctx context.Context, a *ServerAnswer, jump bool) {
	message := fmt.Sprintf("As of the living server at %s: %s", a.At.Local().Format("15:04:05"), a.Holder)
	place, known := protocol.Location{}, false
	if o, ok := live.Holder(a.retained); ok {
		place, known = s.Current().FunctionLocation(o.Name)
	}
	const open = "Show"
	switch {
	case !known:
		s.ShowMessage(protocol.MessageTypeInfo, message)
		return
	case jump:
		s.ShowMessage(protocol.MessageTypeInfo, message)
	case s.Session.Ask(ctx, protocol.MessageTypeInfo, message, open) != open:
		return
	}
	s.ShowDocument(ctx, place.URI, &place.Range)
}

// Dir is where what was asked of servers is kept, that of the command line as
// well: what one was told, the other can compare with.
func (s *Servers) Dir() string { return filepath.Join(s.CacheDir, "live") }

// Retained is who held the memory.
func (a *ServerAnswer) Retained() heap.Retained { return a.retained }
