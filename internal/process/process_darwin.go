// SPDX-License-Identifier: Apache-2.0

package process

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB (sys/proc.h).
const zombie = 5

// Read tells about the process of an id.
func Read(pid int) (Info, error) {
	kp, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || kp == nil || int(kp.Proc.P_pid) != pid || kp.Proc.P_stat == zombie {
		return Info{}, ErrGone
	}
	info := Info{PID: pid, UID: int(kp.Eproc.Ucred.Uid), InnerPID: pid,
		Start:       fmt.Sprintf("%d.%06d", kp.Proc.P_starttime.Sec, kp.Proc.P_starttime.Usec),
		HandlesQuit: kp.Proc.P_sigcatch>>(uint(unix.SIGQUIT)-1)&1 == 1}
	raw, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil {
		return Info{}, ErrHidden
	}
	info.Args = arguments(raw)
	return info, nil
}

// arguments reads procargs2: the number of arguments, the program's path,
// padding, the arguments, the environment.
func arguments(raw []byte) []string {
	if len(raw) < 4 {
		return nil
	}
	count := int(int32(binary.NativeEndian.Uint32(raw)))
	rest := raw[4:]
	_, rest, _ = bytes.Cut(rest, []byte{0})
	rest = bytes.TrimLeft(rest, "\x00")
	var args []string
	for len(args) < count && len(rest) > 0 {
		var arg []byte
		arg, rest, _ = bytes.Cut(rest, []byte{0})
		args = append(args, string(arg))
	}
	return args
}

// A Handle is a process by its id.
type Handle struct{ pid int }

// Hold takes the process that has the id now.
func Hold(pid int) (*Handle, error) { return &Handle{pid}, nil }

// Close lets go.
func (h *Handle) Close() {}

// Signal signals it.
func (h *Handle) Signal(signal syscall.Signal) error { return unix.Kill(h.pid, signal) }
