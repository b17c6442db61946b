// SPDX-License-Identifier: Apache-2.0

// Package process tells what the system knows of another process, and signals
// it without ever hitting the one that has got its id since.
package process

import "errors"

var (
	// ErrGone says that there is no such process, or only its zombie: its
	// memory is gone.
	ErrGone = errors.New("the process has ended")
	// ErrHidden says that the system does not tell, because the process is
	// another user's.
	ErrHidden = errors.New("the process belongs to another user")
	// ErrPlatform says that this system does not tell.
	ErrPlatform = errors.New("this system does not tell about other processes")
)

// Info is what the system tells of a process.
type Info struct {
	PID, UID int
	// Args is the command line.
	Args []string
	// Start tells a process from a later one of its id: Linux: clock ticks
	// since boot (what Bazel keeps in server.starttime); macOS: seconds and
	// microseconds. Compare it, no more.
	Start string
	// OtherNamespace: the process has another id for itself, InnerPID.
	OtherNamespace bool
	InnerPID       int
	// HandlesQuit: a SIGQUIT does not end it.
	HandlesQuit bool
}
