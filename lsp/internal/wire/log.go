// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"go.lsp.dev/protocol"
)

// logHandler logs to a writer, and tells the client of warnings and errors by
// window/logMessage, which every editor shows in an output window.
type logHandler struct {
	slog.Handler
	wire *Conn
}

// Handle implements slog.Handler.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn && h.wire.Running() {
		var b strings.Builder
		b.WriteString(r.Message)
		r.Attrs(func(a slog.Attr) bool {
			if a.Key != "stack" {
				fmt.Fprintf(&b, ", %s: %v", a.Key, a.Value)
			}
			return true
		})
		h.wire.LogMessage(messageType(r.Level), b.String())
	}
	return h.Handler.Handle(ctx, r)
}

func messageType(l slog.Level) protocol.MessageType {
	if l >= slog.LevelError {
		return protocol.MessageTypeError
	}
	return protocol.MessageTypeWarning
}
