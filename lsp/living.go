// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"bytes"
	"context"
	"fmt"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/internal/live"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/internal/retained"
	"example.invalid/starlark-memls/lsp/internal/living"
	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/show"
)

// What is asked of the running server, when a user says so.

func (c *execution) folder(workspace string) *show.Folder {
	return c.view.FolderArgument(paths.FromArgument(workspace, ""))
}

// liveCommand asks the running server who holds its memory.
func liveCommand(ctx context.Context, c *execution, a living.AskArguments) (any, error) {
	answer, err := c.living.Ask(ctx, c.folder(a.Workspace), a, c.token)
	if err != nil {
		return nil, err
	}
	if answer.Asked {
		c.living.Show(ctx, answer, true)
	}
	return answer, nil
}

// Compared is the answer to compareWithLast.
type Compared struct {
	*living.ServerAnswer
	Changes []retained.Change `json:"changes,omitempty"`
	Page    *show.Page        `json:"page,omitempty"`
}

// compareWithLast asks it, and tells what has changed since the last time.
func compareWithLast(ctx context.Context, c *execution, a living.AskArguments) (any, error) {
	f := c.folder(a.Workspace)
	found, err := c.living.Find(f)
	if err != nil {
		return nil, err
	}
	before, err := live.Remembered(ctx, c.living.Dir(), found)
	if err != nil {
		return nil, err
	}
	answer, err := c.living.Ask(ctx, f, a, c.token)
	if err != nil || !answer.Asked {
		return answer, err
	}
	now := answer.Retained()
	since := retained.Compare(retained.One(before), retained.One(now))
	var text bytes.Buffer
	fmt.Fprintf(&text, "# Who holds Bazel's memory, since the last time\n\nServer %d, asked at %s.\n\n```\n", found.PID, answer.At.Local().Format("15:04:05"))
	if err := report.WriteHeapsSince(&text, since, report.Options{Root: f.Root}); err != nil {
		return nil, err
	}
	text.WriteString("```\n")
	page, err := c.show(ctx, "Since the last time", "since-"+found.OutputBase, text.String())
	return Compared{answer, since.Changes, page}, err
}

type armArgument struct {
	Workspace string `json:"workspace"`
	Off       bool   `json:"off"`
}

// Armed is the answer to arm.
type Armed struct {
	PID     int    `json:"pid"`
	Folder  string `json:"folder,omitempty"`
	Message string `json:"message"`
}

// arm makes the running server leave a heap dump if it dies.
func arm(ctx context.Context, c *execution, a armArgument) (any, error) {
	found, err := c.living.Find(c.folder(a.Workspace))
	if err != nil {
		return nil, err
	}
	answer := Armed{PID: found.PID}
	if a.Off {
		err, answer.Message = live.Disarm(ctx, found, c.living.Dir()), live.DisarmedText(found)
	} else {
		var armed live.Armed
		armed, err = live.Arm(ctx, found, c.living.Dir())
		answer.Folder, answer.Message = armed.Folder, armed.Text(found)
	}
	if err != nil {
		return nil, err
	}
	c.ShowMessage(protocol.MessageTypeInfo, "Bazel's "+answer.Message)
	return answer, nil
}
