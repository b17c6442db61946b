// SPDX-License-Identifier: Apache-2.0

package perfdata

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// largest is more than any JVM's file: PerfDataMemorySize is 32 KiB unless a
// flag says otherwise.
const largest = 16 << 20

// ErrNone says that a process has no counters.
var ErrNone = errors.New("no counters: the JVM runs with -XX:-UsePerfData or -XX:+PerfDisableSharedMem, or keeps them where they cannot be seen")

// A CounterFile is a JVM's counters on disk, held open: they can still be read when
// the JVM has ended and its file is gone.
type CounterFile struct {
	Path string
	file *os.File
	buf  []byte
}

// Open finds and opens the counters of a process by its id in this process's
// own eyes. They must be a plain file of the user's own: anybody may put a
// file under that name into a shared temporary folder.
func Open(pid int) (*CounterFile, error) {
	refused := error(nil)
	for _, pattern := range places(pid) {
		found, _ := filepath.Glob(pattern)
		for _, path := range found {
			f, err := OpenFile(path)
			if err == nil {
				return f, nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				refused = err
			}
		}
	}
	if refused != nil {
		return nil, refused
	}
	return nil, fmt.Errorf("process %d: %w", pid, ErrNone)
}

// OpenFile opens a file of counters that is known.
func OpenFile(path string) (*CounterFile, error) {
	file, err := openOwn(path)
	if err != nil {
		return nil, fmt.Errorf("opening the JVM's counters: %w", err)
	}
	return &CounterFile{Path: path, file: file}, nil
}

// Close closes the file; the counters cannot be read any more.
func (f *CounterFile) Close() error { return f.file.Close() }

// Read reads all counters as they are now.
func (f *CounterFile) Read() (*Counters, error) {
	info, err := f.file.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading the JVM's counters: %w", err)
	}
	size := info.Size()
	if size > largest {
		return nil, fmt.Errorf("%s: %w: %d bytes", f.Path, ErrFormat, size)
	}
	if int64(cap(f.buf)) < size {
		f.buf = make([]byte, size)
	}
	n, err := f.file.ReadAt(f.buf[:size], 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading the JVM's counters: %w", err)
	}
	c, err := Parse(f.buf[:n])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	return c, nil
}

// Leftover reads the counters of a process that has ended, where a SIGKILL
// kept it from removing them.
func Leftover(pid int) (*Counters, error) {
	f, err := Open(pid)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Read()
}

func pattern(tmp string, pid int) string {
	return filepath.Join(tmp, "hsperfdata_*", strconv.Itoa(pid))
}
