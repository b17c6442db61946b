// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"errors"
)

// A Command is a planned build with the exact command line.
type Command struct {
	Planned
	Args []string // with the binary
}

// DryRun tells what Run would do. Bazel is asked for its flags, on the
// sweep's own output base; nothing is built. The parts of a measurement are
// named where they will lie at last: Run has them written to a hidden folder
// first.
func (s *Sweep) DryRun(ctx context.Context) ([]Command, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	bazels, release, err := s.jobs(ctx)
	if err != nil {
		return nil, err
	}
	b := bazels[0]
	var commands []Command
	for _, p := range s.Plan() {
		commands = append(commands, b.planned(s.BuildOptions, p))
	}
	return commands, errors.Join(ctx.Err(), release())
}

func (b *Bazel) planned(o BuildOptions, p Planned) Command {
	return Command{Planned: p, Args: append([]string{b.Path}, b.command(o, p.Measured, p.Folder)...)}
}

// DryRun tells which build a search would begin with, given what lies in its
// folder already; none where that is enough.
func (s *Search) DryRun(ctx context.Context) ([]Command, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	bazels, release, err := s.sweep().jobs(ctx)
	if err != nil {
		return nil, err
	}
	next, err := s.first(ctx, bazels[0])
	return next, errors.Join(err, ctx.Err(), release())
}

func (s *Search) first(ctx context.Context, b *Bazel) ([]Command, error) {
	var foreseen foreseen
	found, err := s.resume(ctx, &pace{}, &foreseen)
	if err != nil || s.ended(found) {
		return nil, err
	}
	p, err := s.next(found, foreseen)
	if err != nil {
		return nil, err
	}
	return []Command{b.planned(s.BuildOptions, p)}, nil
}
