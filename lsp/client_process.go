// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"context"
	"time"

	"go.lsp.dev/protocol"
)

// clientPause is how often it is asked whether the client's process is there.
const clientPause = 2 * time.Second

// watchClient ends the server when the client's process is gone. Its end closes
// the server's input as well, unless another process holds the other end of the
// pipe. A process that is not to be seen from here (the client runs elsewhere,
// in another container) is not waited for.
func (s *server) watchClient(p *protocol.InitializeParams) {
	if p.ProcessID == nil || *p.ProcessID <= 0 || !processThere(int(*p.ProcessID)) {
		return
	}
	pid := int(*p.ProcessID)
	s.Background.Start("client", 0, func(ctx context.Context) {
		pause := time.NewTicker(clientPause)
		defer pause.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-pause.C:
				if !processThere(pid) {
					s.Log.Warn("the client's process is gone: this server ends, too", "pid", pid)
					s.Conn.HangUp()
					return
				}
			}
		}
	})
}
