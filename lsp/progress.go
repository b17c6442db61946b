package lsp

import (
	"context"
	"fmt"
	"sync"

	"go.lsp.dev/protocol"
)

// progresses are the work-done progresses that can be cancelled, by token.
type progresses struct {
	mu      sync.Mutex
	cancels map[string]context.CancelFunc
	last    int
}

// A progress tells the client how far a longer work is. A nil one is silent.
type progress struct {
	s     *server
	token protocol.ProgressToken
	key   string
}

// begin shows a progress for a piece of work: under the token that came with
// the request, or one of the server's own where the client takes these. The
// work's context is cancelled when the user cancels it. End must be called.
func (s *server) begin(ctx context.Context, given protocol.ProgressToken, title string) (context.Context, *progress, func()) {
	return s.beginWork(ctx, given, protocol.WorkDoneProgressBegin{Title: title})
}

// beginCounted is begin for work of which the share that is done is known.
func (s *server) beginCounted(ctx context.Context, title string) (context.Context, *progress, func()) {
	none := uint32(0)
	return s.beginWork(ctx, nil, protocol.WorkDoneProgressBegin{Title: title, Percentage: &none})
}

func (s *server) beginWork(ctx context.Context, given protocol.ProgressToken, work protocol.WorkDoneProgressBegin) (context.Context, *progress, func()) {
	ctx, cancel := context.WithCancel(ctx)
	token := given
	if token == nil {
		if !s.state.Load().client.progress {
			return ctx, nil, cancel
		}
		s.progresses.mu.Lock()
		s.progresses.last++
		token = protocol.String(fmt.Sprintf("starlark-memls-%d", s.progresses.last))
		s.progresses.mu.Unlock()
		if err := s.call(ctx, protocol.MethodWindowWorkDoneProgressCreate, &protocol.WorkDoneProgressCreateParams{Token: token}, nil); err != nil {
			return ctx, nil, cancel
		}
	}
	p := &progress{s: s, token: token, key: fmt.Sprintf("%T %v", token, token)}
	s.progresses.mu.Lock()
	if s.progresses.cancels == nil {
		s.progresses.cancels = map[string]context.CancelFunc{}
	}
	s.progresses.cancels[p.key] = cancel
	s.progresses.mu.Unlock()
	cancellable := true
	work.Kind, work.Cancellable = "begin", &cancellable
	p.send(&work)
	return ctx, p, func() {
		s.progresses.mu.Lock()
		delete(s.progresses.cancels, p.key)
		s.progresses.mu.Unlock()
		p.send(&protocol.WorkDoneProgressEnd{Kind: "end"})
		cancel()
	}
}

// report tells what is being done now.
func (p *progress) report(message string) {
	if p != nil {
		p.send(&protocol.WorkDoneProgressReport{Kind: "report", Message: &message})
	}
}

// reportShare tells it with the share, 0 to 1, that is done.
func (p *progress) reportShare(message string, share float64) {
	if p != nil {
		percent := uint32(100 * min(max(share, 0), 1))
		p.send(&protocol.WorkDoneProgressReport{Kind: "report", Message: &message, Percentage: &percent})
	}
}

func (p *progress) send(value any) {
	raw, err := protocol.Marshal(value)
	if err != nil {
		p.s.log.Error("progress", "error", err)
		return
	}
	p.s.notify(protocol.MethodProgress, &protocol.ProgressParams{Token: p.token, Value: raw})
}

func workDoneProgressCancel(_ context.Context, s *server, p *protocol.WorkDoneProgressCancelParams) error {
	s.progresses.mu.Lock()
	cancel := s.progresses.cancels[fmt.Sprintf("%T %v", p.Token, p.Token)]
	s.progresses.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	return nil
}
