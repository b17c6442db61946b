// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package attach

import (
	"fmt"
	"slices"
	"syscall"

	"example.invalid/starlark-memls/internal/process"
)

// A target is the process to be asked, held so that its id cannot come to
// mean another one between a look and a signal.
type target struct {
	info   process.Info
	handle *process.Handle
}

func (p Process) target() (*target, error) {
	if p.PID <= 1 {
		return nil, fmt.Errorf("process %d cannot be a JVM to ask", p.PID)
	}
	handle, err := process.Hold(p.PID)
	if err != nil {
		return nil, fmt.Errorf("process %d: %w", p.PID, err)
	}
	info, err := process.Read(p.PID)
	if err == nil && info.OtherNamespace {
		// The names of its files go by the id that it has for itself, and
		// its temporary folder is another.
		err = ErrOtherNamespace
	}
	if err != nil {
		handle.Close()
		return nil, fmt.Errorf("process %d: %w", p.PID, err)
	}
	return &target{info, handle}, nil
}

// willing refuses a process that would die of the signal, or that was started
// not to answer: it would print all its stacks instead.
func (t *target) willing() error {
	switch {
	case !t.info.HandlesQuit:
		return fmt.Errorf("process %d: %w", t.info.PID, ErrNotJVM)
	case slices.Contains(t.info.Args, "-XX:+DisableAttachMechanism"):
		return fmt.Errorf("process %d: %w", t.info.PID, ErrOff)
	}
	return nil
}

func (t *target) quit() error { return t.handle.Signal(syscall.SIGQUIT) }
