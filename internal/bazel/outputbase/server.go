// SPDX-License-Identifier: Apache-2.0

package outputbase

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/bazel/jvm"
	"example.invalid/starlark-memls/internal/input"
)

// A LastServer is the last server of an output base: running, or dead.
type LastServer struct {
	PID int // 0: not known
	// Alive: that very process is running (not another one that got its id).
	Alive bool
	// Started is when its command line was written; zero if not known.
	Started time.Time
	// JVMFlags are the arguments of the JVM, up to -jar; StartupOptions
	// those of Bazel's server after it.
	JVMFlags       []string
	StartupOptions []string
	// MaxHeapBytes is the last -Xmx, 0 if none is given: the JVM then takes
	// a quarter of the machine's memory.
	MaxHeapBytes int64
}

// LeavesHeapDump is whether it was started to leave a heap dump when it runs out of
// memory, as Bazel 4 and older start it by themselves.
func (s *LastServer) LeavesHeapDump() bool {
	leaves := false
	for _, flag := range s.JVMFlags {
		switch flag {
		case "-XX:+HeapDumpOnOutOfMemoryError":
			leaves = true
		case "-XX:-HeapDumpOnOutOfMemoryError":
			leaves = false
		}
	}
	return leaves
}

// readServer reads the server folder. What is missing stays zero; what is
// there and cannot be read is a warning.
func (ob *OutputBase) readServer() LastServer {
	var s LastServer
	if text, ok := ob.small("server/server.pid.txt"); ok {
		s.PID, _ = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if text, ok := ob.small("server/cmdline"); ok {
		s.JVMFlags, s.StartupOptions = splitCommandLine(text)
		s.MaxHeapBytes = jvm.MaxHeap(s.JVMFlags)
		if f := ob.file(filepath.Join("server", "cmdline")); f != nil {
			s.Started = f.Modified
		}
	}
	if s.PID > 0 {
		start, _ := ob.small("server/server.starttime")
		s.Alive = processAlive(s.PID, strings.TrimSpace(string(start)))
	}
	return s
}

// isCopied compares where the server was told to write with where this is.
func (ob *OutputBase) isCopied() bool {
	text, _ := ob.small("server/cmdline")
	_, rest, found := bytes.Cut(text, []byte("--output_base="))
	if !found {
		return false
	}
	if end := bytes.IndexAny(rest, "\x00 \n"); end >= 0 {
		rest = rest[:end]
	}
	told := filepath.Clean(string(rest))
	if told == ob.Dir {
		return false
	}
	here, err1 := os.Stat(ob.Dir)
	there, err2 := os.Stat(told)
	return err1 != nil || err2 != nil || !os.SameFile(here, there)
}

// splitCommandLine splits server/cmdline: argv[0], the JVM's flags, "-jar",
// the jar, the server's own options.
func splitCommandLine(text []byte) (jvm, startup []string) {
	var args []string
	for arg := range bytes.SplitSeq(bytes.TrimRight(text, "\x00"), []byte{0}) {
		args = append(args, string(arg))
	}
	if len(args) > 0 {
		args = args[1:]
	}
	for i, arg := range args {
		if arg == "-jar" {
			return args[:i], args[min(i+2, len(args)):]
		}
	}
	return args, nil
}

// small reads a small file below the output base. A missing one is no news.
func (ob *OutputBase) small(name string) ([]byte, bool) {
	path := filepath.Join(ob.Dir, filepath.FromSlash(name))
	text, err := readSmall(path, 1<<20)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			ob.Warnings = append(ob.Warnings, fmt.Sprintf("%s: %v", path, errors.Unwrap(err)))
		}
		return nil, false
	}
	return text, true
}

// readSmall reads at most limit bytes of a regular file: a pipe or a device
// under a known name would otherwise block.
func readSmall(path string, limit int64) ([]byte, error) {
	file, err := input.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit))
}
