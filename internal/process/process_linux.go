// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Read tells about the process of an id.
func Read(pid int) (Info, error) {
	dir := Dir(pid)
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return Info{}, gone(err)
	}
	// The name, in parentheses, may hold anything; fields are counted after it.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return Info{}, ErrGone
	}
	info := Info{PID: pid, UID: -1, Start: fields[19], InnerPID: pid}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return Info{}, gone(err)
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		words := strings.Fields(value)
		if len(words) == 0 {
			continue
		}
		switch name {
		case "Uid": // real, effective, saved, file system
			info.UID, _ = strconv.Atoi(words[min(1, len(words)-1)])
		case "NSpid":
			info.InnerPID, _ = strconv.Atoi(words[len(words)-1])
		case "SigCgt":
			bits, err := strconv.ParseUint(words[0], 16, 64)
			info.HandlesQuit = err == nil && bits>>(uint(unix.SIGQUIT)-1)&1 == 1
		}
	}
	info.OtherNamespace = otherNamespace(dir)
	args, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil {
		return Info{}, gone(err)
	}
	info.Args = strings.Split(strings.TrimRight(string(args), "\x00"), "\x00")
	return info, nil
}

// Dir is where the system tells about a process.
func Dir(pid int) string { return filepath.Join("/proc", strconv.Itoa(pid)) }

func gone(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ESRCH):
		return ErrGone
	case errors.Is(err, fs.ErrPermission):
		return ErrHidden
	}
	return err
}

// otherNamespace compares pid namespaces; what cannot be seen is taken for
// another one.
func otherNamespace(dir string) bool {
	ours, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return false // a kernel without namespaces
	}
	its, err := os.Readlink(filepath.Join(dir, "ns", "pid"))
	return err != nil || ours != its
}

// A Handle is a process held by a pidfd: whatever becomes of its id, a signal
// goes to this process or to nobody.
type Handle struct {
	pid, fd int // fd -1: the kernel has no pidfd (before 5.3)
}

// Hold takes hold of the process that has the id now. What it is must be
// looked at after that.
func Hold(pid int) (*Handle, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	switch {
	case err == nil:
		return &Handle{pid: pid, fd: fd}, nil
	case errors.Is(err, unix.ESRCH), errors.Is(err, unix.EINVAL):
		return nil, ErrGone
	}
	return &Handle{pid: pid, fd: -1}, nil
}

// Close lets go.
func (h *Handle) Close() {
	if h.fd >= 0 {
		unix.Close(h.fd)
	}
}

// Signal signals it.
func (h *Handle) Signal(signal syscall.Signal) error {
	err := unix.ENOSYS
	if h.fd >= 0 {
		if e := unix.PidfdSendSignal(h.fd, signal, nil, 0); e == nil {
			return nil
		} else if e, ok := e.(syscall.Errno); ok {
			err = e
		}
	}
	if h.fd < 0 || err == unix.ENOSYS {
		if e := unix.Kill(h.pid, signal); e != nil {
			return gone(e)
		}
		return nil
	}
	return gone(err)
}
