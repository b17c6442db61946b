package lsp

import (
	"context"

	"go.lsp.dev/protocol"
)

// sourceGlob is what the starlark package reads.
const sourceGlob = "**/{*.bzl,*.bazel,BUILD,WORKSPACE,.bazelignore}"

// watchedFilesRegistration asks the client to tell of changed sources. The
// output base lies outside the workspace: that is watched here (watch.go).
func watchedFilesRegistration() protocol.Registration {
	options, err := protocol.Marshal(&protocol.DidChangeWatchedFilesRegistrationOptions{
		Watchers: []protocol.FileSystemWatcher{{GlobPattern: protocol.Pattern(sourceGlob)}},
	})
	if err != nil {
		panic(err) // constants: cannot fail
	}
	return protocol.Registration{
		ID: "sources", Method: protocol.MethodWorkspaceDidChangeWatchedFiles, RegisterOptions: options,
	}
}

func didChangeWatchedFiles(_ context.Context, s *server, p *protocol.DidChangeWatchedFilesParams) error {
	view := s.state.Load()
	for _, change := range p.Changes {
		path := pathOf(change.URI)
		if path == "" || !isSource(path) || view.documents[change.URI] != nil {
			continue // an open buffer counts, not the disk
		}
		s.sourcesChanged(path, editPause)
	}
	return nil
}
