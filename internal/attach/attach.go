// SPDX-License-Identifier: Apache-2.0

package attach

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

var (
	// ErrPlatform says that this system has no way in that is used here.
	ErrPlatform = errors.New("a running JVM cannot be asked on this system (only on Linux and macOS)")
	// ErrSilent says that the JVM did not open its door.
	ErrSilent = errors.New("the JVM does not answer: it may run with -XX:+DisableAttachMechanism, be busy collecting, or hang")
	// ErrOff says that the JVM was told not to answer.
	ErrOff = errors.New("the JVM does not let itself be asked: it runs with -XX:+DisableAttachMechanism")
	// ErrReadOnly says that the JVM has no place for its door.
	ErrReadOnly = errors.New("the JVM cannot be asked: its /tmp is read-only, where it would open its socket")
	// ErrNotJVM says that a process would die of the signal that asks.
	ErrNotJVM = errors.New("the process does not handle SIGQUIT, so it is not a JVM that can be asked; it was not signalled")
	// ErrOtherNamespace says that a process's id is another one where it
	// lives.
	ErrOtherNamespace = errors.New("the JVM runs in another pid namespace (a container): ask it from inside")
)

// A Process is a JVM to be asked.
type Process struct {
	PID int
	// Verify tells that PID is still the process that is meant. It is called
	// right before each signal, and nothing is sent where it fails.
	Verify func() error
	// Patience is how long the JVM may take to open its door; 0 is 10 s. A
	// server that collects all the time needs some of it.
	Patience time.Duration
}

// A RefusedError is the JVM's answer that it did not do what it was asked.
type RefusedError struct {
	Command string
	Status  int
	Message string
}

// Error is one line.
func (e *RefusedError) Error() string {
	message := strings.Join(strings.Fields(e.Message), " ")
	if message == "" {
		message = "no reason given"
	}
	return fmt.Sprintf("the JVM refused %q: %s", e.Command, message)
}

// longestAnswer bounds what is kept of an answer; a histogram is the longest.
const longestAnswer = 8 << 20

// Do sends one command with at most three arguments and returns the answer's
// text. When ctx ends it stops waiting: what the JVM has begun it goes on with.
func (p Process) Do(ctx context.Context, command string, args ...string) (string, error) {
	conn, err := p.Dial(ctx)
	if err != nil {
		return "", err
	}
	return conn.Do(ctx, command, args...)
}

// Jcmd sends a diagnostic command as jcmd does, such as "VM.flags".
func (p Process) Jcmd(ctx context.Context, line string) (string, error) {
	return p.Do(ctx, "jcmd", line)
}

// A Conn is an open door: good for one command.
type Conn struct{ socket net.Conn }

// Close closes the door unused.
func (c *Conn) Close() error { return c.socket.Close() }

// Do sends the command and closes the door when it is answered.
func (c *Conn) Do(ctx context.Context, command string, args ...string) (string, error) {
	defer c.socket.Close()
	stop := context.AfterFunc(ctx, func() { c.socket.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	request, err := encode(command, args)
	if err != nil {
		return "", err
	}
	if _, err := c.socket.Write(request); err != nil {
		return "", c.failed(ctx, command, err)
	}
	text, err := answer(c.socket, command)
	if err != nil && !errors.As(err, new(*RefusedError)) {
		return text, c.failed(ctx, command, err)
	}
	return text, err
}

func (c *Conn) failed(ctx context.Context, command string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("asking the JVM for %q: %w", command, err)
}

// encode is the request of version 1: always three arguments.
func encode(command string, args []string) ([]byte, error) {
	if len(args) > 3 {
		return nil, fmt.Errorf("attach command %q takes at most 3 arguments", command)
	}
	words := append([]string{"1", command}, args...)
	for len(words) < 5 {
		words = append(words, "")
	}
	for _, w := range words {
		// attachListener.hpp: the name has 16 bytes, an argument 1024.
		if strings.IndexByte(w, 0) >= 0 || len(w) > 1024 || len(command) > 16 {
			return nil, fmt.Errorf("attach command %q has an argument that cannot be sent", command)
		}
	}
	return []byte(strings.Join(words, "\x00") + "\x00"), nil
}

// answer reads the status line and the text.
func answer(r io.Reader, command string) (string, error) {
	in := bufio.NewReader(io.LimitReader(r, longestAnswer))
	line, err := in.ReadString('\n')
	if err != nil && (err != io.EOF || line == "") {
		if err == io.EOF {
			err = errors.New("it ended without an answer")
		}
		return "", err
	}
	status, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return "", fmt.Errorf("its answer begins with %.40q, not with a number", line)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return string(text), err
	}
	if status != 0 {
		return "", &RefusedError{Command: command, Status: status, Message: string(text)}
	}
	return string(text), nil
}
