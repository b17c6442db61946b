// SPDX-License-Identifier: Apache-2.0

package wire

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

// A Progress tells the client how far a longer work is. A nil one is silent.
type Progress struct {
	w     *Conn
	token protocol.ProgressToken
}

// Begin shows a progress for a piece of work under a token, or under one of
// the server's own where that is nil. The work's context is cancelled when the
// user cancels it. The function that is returned must be called at the end.
func (w *Conn) Begin(ctx context.Context, token protocol.ProgressToken, work protocol.WorkDoneProgressBegin) (context.Context, *Progress, func()) {
	ctx, cancel := context.WithCancel(ctx)
	if token == nil {
		token = w.progresses.newToken()
		if err := w.Call(ctx, protocol.MethodWindowWorkDoneProgressCreate, &protocol.WorkDoneProgressCreateParams{Token: token}, nil); err != nil {
			return ctx, nil, cancel
		}
	}
	p := &Progress{w: w, token: token}
	w.progresses.add(token, cancel)
	cancellable := true
	work.Kind, work.Cancellable = "begin", &cancellable
	p.send(&work)
	return ctx, p, func() {
		w.progresses.remove(token)
		p.send(&protocol.WorkDoneProgressEnd{Kind: "end"})
		cancel()
	}
}

func (p *progresses) newToken() protocol.ProgressToken {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	return protocol.String(fmt.Sprintf("starlark-memls-%d", p.last))
}

// tokenKey tells the number 7 from the string "7".
func tokenKey(token protocol.ProgressToken) string { return fmt.Sprintf("%T %v", token, token) }

func (p *progresses) add(token protocol.ProgressToken, cancel context.CancelFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancels == nil {
		p.cancels = map[string]context.CancelFunc{}
	}
	p.cancels[tokenKey(token)] = cancel
}

func (p *progresses) remove(token protocol.ProgressToken) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.cancels, tokenKey(token))
}

// cancelled listens to window/workDoneProgress/cancel.
func (p *progresses) cancelled(_ context.Context, raw []byte) error {
	params, err := Decode[protocol.WorkDoneProgressCancelParams](raw)
	if err != nil {
		return err
	}
	p.mu.Lock()
	cancel := p.cancels[tokenKey(params.Token)]
	p.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	return nil
}

// Report tells what is being done now.
func (p *Progress) Report(message string) {
	if p != nil {
		p.send(&protocol.WorkDoneProgressReport{Kind: "report", Message: &message})
	}
}

// ReportShare tells it with the share, 0 to 1, that is done.
func (p *Progress) ReportShare(message string, share float64) {
	if p != nil {
		percent := uint32(100 * min(max(share, 0), 1))
		p.send(&protocol.WorkDoneProgressReport{Kind: "report", Message: &message, Percentage: &percent})
	}
}

func (p *Progress) send(value any) {
	raw, err := protocol.Marshal(value)
	if err != nil {
		p.w.Log.Error("progress", "error", err)
		return
	}
	p.w.Notify(protocol.MethodProgress, &protocol.ProgressParams{Token: p.token, Value: raw})
}
