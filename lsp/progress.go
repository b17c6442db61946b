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
	p.send(&protocol.WorkDoneProgressBegin{Kind: "begin", Title: title, Cancellable: &cancellable})
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
