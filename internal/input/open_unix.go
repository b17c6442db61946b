// SPDX-License-Identifier: Apache-2.0

//go:build unix

package input

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// dontWait opens without waiting, for a pipe's writer or a modem's carrier,
// and takes no terminal for the program's own. Of a regular file, it changes
// nothing but that another process's lease is no reason to wait.
const dontWait = unix.O_NONBLOCK | unix.O_NOCTTY

// pollPause is how long a wait for a pipe's writer sleeps before it looks at
// its context again.
const pollPause = 50 * time.Millisecond

// awaitWriter waits until a pipe has one: a pipe opened without waiting reads
// as ended before.
func awaitWriter(ctx context.Context, f *os.File, mode fs.FileMode) error {
	if mode&fs.ModeNamedPipe == 0 {
		return ctx.Err()
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		ready, pollErr := 0, error(nil)
		err := raw.Control(func(fd uintptr) {
			fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			ready, pollErr = unix.Poll(fds, int(pollPause.Milliseconds()))
		})
		if err != nil {
			return err
		}
		if pollErr != nil && !errors.Is(pollErr, unix.EINTR) {
			return pollErr
		}
		if ready > 0 {
			return nil
		}
	}
	return ctx.Err()
}
