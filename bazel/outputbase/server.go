package outputbase

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A Server is the last server of an output base: running, or dead.
type Server struct {
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

// readServer reads the server folder. What is missing stays zero; what is
// there and cannot be read is a warning.
func (ob *OutputBase) readServer() Server {
	var s Server
	if text, ok := ob.small("server/server.pid.txt"); ok {
		s.PID, _ = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if text, ok := ob.small("server/cmdline"); ok {
		s.JVMFlags, s.StartupOptions = splitCommandLine(text)
		s.MaxHeapBytes = MaxHeapBytes(s.JVMFlags)
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

// MaxHeapBytes is the maximum heap that JVM flags ask for: the last of -Xmx
// and -XX:MaxHeapSize wins, as in the JVM. 0 where there is none.
func MaxHeapBytes(flags []string) int64 {
	var limit int64
	for _, flag := range flags {
		size, ok := strings.CutPrefix(flag, "-Xmx")
		if !ok {
			size, ok = strings.CutPrefix(flag, "-XX:MaxHeapSize=")
		}
		if n, err := ParseJVMSize(size); ok && err == nil {
			limit = n
		}
	}
	return limit
}

// ParseJVMSize reads a size as the JVM does: a decimal number and k, m, g or
// t in either case, in powers of 1024 (hotspot/share/runtime/arguments.cpp,
// parse_integer). The unit is bytes.
func ParseJVMSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "kKmMgGtT")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || len(text)-len(digits) > 1 {
		return 0, fmt.Errorf("%q is no size of memory (as 600m or 2g)", text)
	}
	shift := 0
	if len(text) > len(digits) {
		shift = map[byte]int{'k': 10, 'm': 20, 'g': 30, 't': 40}[text[len(text)-1]|0x20]
	}
	if n > (1<<62)>>shift {
		return 0, fmt.Errorf("%q is more memory than there is", text)
	}
	return n << shift, nil
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
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit))
}
