// SPDX-License-Identifier: Apache-2.0

package living

import (
	"context"
	"strconv"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/live"
	"example.invalid/starlark-memls/lsp/internal/session"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/settings"
)

func dyingKey(id show.FolderID) string { return "dying " + strconv.FormatInt(int64(id), 10) }

// dying tells the user, once, in the background, and asks the server if that is
// what the user wants.
func (s *Servers) dying(id show.FolderID, found *server.Server, why string) {
	s.Background.Start(dyingKey(id), 0, func(ctx context.Context) {
		message := "Bazel will probably run out of memory: " + why + "."
		chosen := s.Current().Settings
		switch {
		case chosen.AskServer == settings.AskWhenDying && !found.Contained:
			if chosen.Notify {
				s.ShowMessage(protocol.MessageTypeWarning, message+" It is being asked who holds the memory.")
			}
			s.name(ctx, id, found, false)
		case !chosen.Notify:
		case chosen.AskServer == settings.AskNever || found.Contained:
			s.ShowMessage(protocol.MessageTypeWarning, message)
		default:
			const name = "Name the Culprit Now"
			if s.Session.Ask(ctx, protocol.MessageTypeWarning, message+" Naming the culprit has a price: "+live.Price(found)+".", name) == name {
				s.name(ctx, id, found, true)
			}
		}
	})
}

// name asks who holds the memory, with the user's consent.
func (s *Servers) name(ctx context.Context, id show.FolderID, dying *server.Server, jump bool) {
	if !dying.Running() { // the message stands there until it is answered
		s.tooLate(ctx, id)
		return
	}
	answer, err := s.ask(ctx, id, nil)
	switch {
	case err == nil:
		s.Show(ctx, answer, jump)
	case ctx.Err() != nil:
	case !dying.Running():
		s.tooLate(ctx, id)
	default:
		s.ShowMessage(protocol.MessageTypeError, "Who holds Bazel's memory: "+err.Error())
	}
}

// tooLate offers what a server has left that can be asked no more.
func (s *Servers) tooLate(ctx context.Context, id show.FolderID) {
	const ended = "That Bazel server has ended."
	if err := s.Scan(ctx, id, session.ScanAsked); err != nil {
		s.Log.Warn("what a server left", "error", err)
	}
	view := s.Current()
	if f := view.Folder(id); f != nil && f.Analysis != nil {
		for i := range f.Analysis.Report.Crashes {
			if c := &f.Analysis.Report.Crashes[i]; !c.Older {
				s.OfferCrash(ctx, view.CrashIndex(c), ended+" "+show.DiedText(c)+"; it left evidence.")
				return
			}
		}
	}
	s.ShowMessage(protocol.MessageTypeInfo, ended+" It left nothing that tells who held its memory.")
}
