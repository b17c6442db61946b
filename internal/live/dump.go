// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"example.invalid/starlark-memls/internal/attach"
	"example.invalid/starlark-memls/internal/bazel/server"
)

// A Way is how a heap came over.
type Way string

// The ways, best first.
const (
	ByPipe Way = "pipe" // nothing on the disk
	ByFile Way = "file" // on the disk, without a name
)

var (
	// ErrEnded says that the server ended while it wrote its heap.
	ErrEnded = errors.New("the server ended during the dump")
	// ErrBusy says that somebody else asks this server.
	ErrBusy = errors.New("another starlark-memls is asking this server; wait for it")
	// ErrDiskFull says that there is no room for the dump.
	ErrDiskFull = errors.New("not enough room on the disk for the dump")
)

// DumpOptions say where things go.
type DumpOptions struct {
	// Dir is a folder of the user's own, for dumps that need a file; it is made.
	Dir string
	// NoPipe takes the file even where the pipe would do.
	NoPipe bool
	// Notice, where set, is told what the user should know meanwhile.
	Notice func(string)
}

func (o DumpOptions) notice(format string, args ...any) {
	if o.Notice != nil {
		o.Notice(fmt.Sprintf(format, args...))
	}
}

// Dump asks the server for its heap and gives it to read, which is told a path
// that can be opened once. The server stands still until read has read all of
// it (ByPipe) or the file is written (ByFile). It returns read's error, or why
// there was nothing to read.
func Dump(ctx context.Context, s *server.Server, o DumpOptions, read func(ctx context.Context, path string) error) (Way, error) {
	unlock, err := lock(s)
	if err != nil {
		return "", err
	}
	defer unlock()
	can, err := abilities(ctx, s)
	if err != nil {
		return "", err
	}
	if can.pipe && !o.NoPipe {
		err := byPipe(ctx, s, read)
		if !errors.Is(err, errNotOpened) {
			return ByPipe, err
		}
		o.notice("the server cannot write to a pipe of ours; a file without a name is used")
	}
	return ByFile, byFile(ctx, s, o, can, read)
}

// canDo is what this server's dump command understands.
type canDo struct{ pipe, overwrite, gzip bool }

// abilities asks for the help of GC.heap_dump, which lists its options.
func abilities(ctx context.Context, s *server.Server) (canDo, error) {
	text, err := s.Process().Jcmd(ctx, "help GC.heap_dump")
	if err != nil {
		return canDo{}, err
	}
	overwrite := strings.Contains(text, "-overwrite")
	return canDo{pipe: overwrite && hasProc, overwrite: overwrite, gzip: strings.Contains(text, "-gz")}, nil
}

// errNotOpened says that the JVM could not open what it was to write to.
var errNotOpened = errors.New("the JVM could not open the way out")

// ask has the JVM write its heap, all of it: -live would collect first, which
// is another pause. The answer tells success in words only.
func ask(ctx context.Context, p attach.Process, options, path string) error {
	answer, err := p.Jcmd(ctx, "GC.heap_dump "+options+" "+path)
	switch {
	case err != nil:
		return err
	case strings.Contains(answer, "Heap dump file created"):
		return nil
	case strings.Contains(answer, "Unable to create"), strings.Contains(answer, "No such file"), strings.Contains(answer, "Permission denied"), strings.Contains(answer, "File exists"):
		return fmt.Errorf("%w: %s", errNotOpened, oneLine(answer))
	}
	return fmt.Errorf("the server did not finish its heap dump: %s", oneLine(answer))
}

// byPipe has the JVM write into a pipe of ours.
func byPipe(ctx context.Context, s *server.Server, read func(context.Context, string) error) error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	defer r.Close()
	widen(w)
	// Fd would make the descriptors blocking ones; it is told before they
	// are used, and neither is read or written here.
	from, to := fdPath("self", r), fdPath(fmt.Sprint(os.Getpid()), w)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	asked := make(chan error, 1)
	go func() {
		err := ask(ctx, s.Process(), "-overwrite -all", to)
		w.Close() // the last end to write to: the reader comes to the end
		if errors.Is(err, errNotOpened) {
			cancel() // there is nothing to read
		}
		asked <- err
	}()
	readErr := read(ctx, from)
	// A reader that gave up leaves a JVM that writes: without an end to read
	// from its write fails, and it goes on with its work.
	r.Close()
	if readErr != nil {
		cancel()
	}
	return outcome(s, <-asked, readErr)
}

// outcome tells whose fault it was.
func outcome(s *server.Server, askErr, readErr error) error {
	switch {
	case askErr == nil:
		return readErr
	case errors.Is(askErr, errNotOpened):
		return askErr
	case readErr != nil && !errors.Is(readErr, context.Canceled) && s.Running():
		return readErr
	case !s.Running():
		return fmt.Errorf("%s: %w", s.OutputBase, ErrEnded)
	}
	return askErr
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
