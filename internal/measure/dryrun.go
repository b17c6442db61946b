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
		args := append([]string{b.Path}, b.command(s.Options, p.Measured, p.Folder)...)
		commands = append(commands, Command{Planned: p, Args: args})
	}
	return commands, errors.Join(ctx.Err(), release())
}
