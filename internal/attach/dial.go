// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package attach

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const usualPatience = 10 * time.Second

// Dial opens the JVM's door, and asks it to open one where it has none yet.
func (p Process) Dial(ctx context.Context) (*Conn, error) {
	target, err := p.target()
	if err != nil {
		return nil, err
	}
	defer target.handle.Close()
	socket := target.socket()
	if err := own(socket); errors.Is(err, fs.ErrNotExist) {
		if err := p.wake(ctx, target, socket); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	// A verified process's socket; that the JVM behind it is the process is
	// as sure as its name, for only this user can make a socket of that name
	// that belongs to this user.
	if err := p.verify(); err != nil {
		return nil, err
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	switch {
	case err == nil:
		return &Conn{conn}, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, syscall.ECONNREFUSED) && target.readOnly():
		// An earlier process of this id has left a socket, which this one
		// could not remove when it started.
		return nil, fmt.Errorf("process %d: %w", p.PID, ErrReadOnly)
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("process %d: %w: nobody listens on %s", p.PID, ErrSilent, socket)
	}
	return nil, fmt.Errorf("asking process %d: %w", p.PID, err)
}

func (p Process) verify() error {
	if p.Verify == nil {
		return fmt.Errorf("process %d: not verified, and so not asked", p.PID)
	}
	return p.Verify()
}

// own checks a socket as the JDK's client does: this user's, and nobody else
// may write to it.
func own(socket string) error {
	info, err := os.Lstat(socket)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("%s: not a socket; the JVM is not asked through it", socket)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if ok && int(stat.Uid) != os.Geteuid() || info.Mode().Perm()&0o066 != 0 {
		return fmt.Errorf("%s: belongs to another user or is open to others; the JVM is not asked through it", socket)
	}
	return nil
}

// wake makes the JVM open its door.
func (p Process) wake(ctx context.Context, t *target, socket string) error {
	if err := t.willing(); err != nil {
		return err
	}
	if t.readOnly() {
		return fmt.Errorf("process %d: %w", p.PID, ErrReadOnly)
	}
	request, err := t.request()
	if err != nil {
		return fmt.Errorf("asking process %d: no place for the request: %w", p.PID, err)
	}
	defer os.Remove(request)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// The last look is right before the signal. A JVM that finds the request
	// gone when it hears it prints its stacks on its standard output instead.
	if err := p.verify(); err != nil {
		return err
	}
	if err := t.quit(); err != nil {
		return fmt.Errorf("asking process %d: %w", p.PID, err)
	}
	patience := p.Patience
	if patience == 0 {
		patience = usualPatience
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrSilent)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		err := own(socket)
		if err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); errors.Is(cause, ErrSilent) {
				return fmt.Errorf("process %d: %w", p.PID, cause)
			}
			return ctx.Err()
		case <-time.After(wait):
			if err := p.verify(); err != nil {
				return err // it has ended meanwhile
			}
		}
	}
}

// readOnly reports whether the JVM has no place to open a door in.
func (t *target) readOnly() bool {
	const writeOK = 2
	return errors.Is(syscall.Access(t.tmp(), writeOK), syscall.EROFS)
}

func (t *target) socket() string {
	return filepath.Join(t.tmp(), ".java_pid"+strconv.Itoa(t.info.PID))
}

// request writes the file that tells the JVM that the signal is a request:
// in its working folder, or in its temporary one.
func (t *target) request() (string, error) {
	name := ".attach_pid" + strconv.Itoa(t.info.PID)
	var failed error
	for _, dir := range t.requestDirs() {
		path := filepath.Join(dir, name)
		// A link of that name would be somebody's trap: O_EXCL.
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			err = replaceOwn(path)
			if err == nil {
				return path, nil
			}
		}
		if err != nil {
			failed = err
			continue
		}
		return path, file.Close()
	}
	return "", failed
}

// replaceOwn takes the file that a request which was killed left behind.
func replaceOwn(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.Mode().IsRegular() || !ok || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is in the way", path)
	}
	return nil
}
