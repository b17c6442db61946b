// SPDX-License-Identifier: Apache-2.0

// Package input opens the files that other people wrote: sources of a
// workspace, measurements, what lies in an output base, what a client names.
// It is the only place of the program that does (a test holds the others to
// it), because a name says nothing of what is behind it: a link in a
// repository can lead to a pipe that never has a writer, to a device, to
// /proc/kmsg, to a file of 100 GB without a block on the disk, or to one that
// grows while it is read.
//
// So what is opened is a regular file on a file system that stores files,
// asked of the open descriptor (a name can change between two questions), and
// opened so that nothing can make it wait. Reading ends when its context
// does, and is bounded by the bytes that were read, never by the size that was
// promised.
//
// A pipe is opened only where the user gave its name by hand (OpenNamed), and
// waits for its writer only as long as the context lasts.
package input

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular says that a name does not lead to a file with contents of its
// own. What it leads to instead is told in the error around it.
var ErrNotRegular = errors.New("no regular file")

// ErrTooLarge says that there was more to read than the caller allows.
var ErrTooLarge = errors.New("larger than is read")

// Open opens a regular file. The error is a *fs.PathError; where the name
// leads to a pipe, a device, a folder or a file of the kernel's it wraps
// ErrNotRegular.
func Open(ctx context.Context, path string) (*File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// Opening alone can have effects: a pipe's writer wakes up, a tape rewinds.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := regular(info.Mode()); err != nil {
		return nil, refuse(path, err)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|dontWait, 0)
	if err != nil {
		return nil, err
	}
	info, err = f.Stat()
	if err == nil {
		err = cmp.Or(regular(info.Mode()), stored(f))
	}
	if err != nil {
		_ = f.Close()
		return nil, refuse(path, err)
	}
	return &File{ctx: ctx, file: f, info: info, left: unbounded}, nil
}

// ReadFile reads a regular file of at most limit bytes. A larger one is an
// error that wraps ErrTooLarge.
func ReadFile(ctx context.Context, path string, limit int64) ([]byte, error) {
	f, err := Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Bound(limit).readAll()
}

// refuse is an error about a path that says what it leads to.
func refuse(path string, err error) error {
	return &fs.PathError{Op: "open", Path: path, Err: err}
}

// regular is an error unless the mode is that of a regular file.
func regular(mode fs.FileMode) error {
	if mode.IsRegular() {
		return nil
	}
	return fmt.Errorf("%w (%s)", ErrNotRegular, kind(mode))
}

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// unbounded is more than any file holds.
const unbounded = 1<<63 - 1

// A File is an open input. Its methods are those of *os.File that readers
// need; they are safe where those are.
type File struct {
	ctx     context.Context
	file    *os.File
	info    fs.FileInfo
	left    int64 // may still be read
	limit   int64
	release func() bool // of a pipe: the context no longer ends it
}

// Bound lets at most limit bytes be read in sequence; one more is ErrTooLarge.
// It returns f.
func (f *File) Bound(limit int64) *File {
	f.left, f.limit = limit, limit
	return f
}

// Read implements io.Reader. It fails with the context's error once that has
// ended.
func (f *File) Read(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	if f.left == 0 && len(p) > 0 {
		var one [1]byte
		if n, err := f.read(one[:]); n == 0 {
			return 0, err
		}
		return 0, &fs.PathError{Op: "read", Path: f.Name(), Err: fmt.Errorf("%w: over %d bytes", ErrTooLarge, f.limit)}
	}
	if int64(len(p)) > f.left {
		p = p[:f.left]
	}
	n, err := f.read(p)
	f.left -= int64(n)
	return n, err
}

func (f *File) read(p []byte) (int, error) {
	n, err := f.file.Read(p)
	if err != nil && err != io.EOF && f.ctx.Err() != nil {
		err = f.ctx.Err() // the deadline that ended a pipe's wait
	}
	return n, err
}

// ReadAt implements io.ReaderAt. What it reads does not count for Bound: it
// goes to where a format says that something is.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	return f.file.ReadAt(p, off)
}

// Seek implements io.Seeker.
func (f *File) Seek(offset int64, whence int) (int64, error) { return f.file.Seek(offset, whence) }

// Stat describes the file as it was when it was opened.
func (f *File) Stat() (fs.FileInfo, error) { return f.info, nil }

// Size is the file's size in bytes when it was opened; a pipe's is 0. It is
// what was promised: the file may hold more by now, or less.
func (f *File) Size() int64 { return f.info.Size() }

// Pipe reports whether there is no way back: ReadAt and Seek fail.
func (f *File) Pipe() bool { return !f.info.Mode().IsRegular() }

// Name is the path that was opened.
func (f *File) Name() string { return f.file.Name() }

// Close closes the file.
func (f *File) Close() error {
	if f.release != nil {
		f.release()
	}
	return f.file.Close()
}

// readAll reads to the end into a buffer of the promised size, if that is not
// more than may be read.
func (f *File) readAll() ([]byte, error) {
	text := make([]byte, 0, min(max(f.Size(), 0), f.left, 64<<20)+1)
	for {
		if len(text) == cap(text) {
			text = append(text, 0)[:len(text)]
		}
		n, err := f.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
		if err == io.EOF {
			return text, nil
		}
		if err != nil {
			return text, err
		}
	}
}
