// SPDX-License-Identifier: Apache-2.0

package input

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// made are the file systems whose files are regular by their mode and are made
// by the kernel while they are read: /proc/self/pagemap has no end, /proc/kmsg
// waits, reading /sys can have effects on the machine.
var made = map[int64]string{
	unix.PROC_SUPER_MAGIC:      "/proc",
	unix.SYSFS_MAGIC:           "/sys",
	unix.DEBUGFS_MAGIC:         "debugfs",
	unix.TRACEFS_MAGIC:         "tracefs",
	unix.SECURITYFS_MAGIC:      "securityfs",
	unix.CGROUP_SUPER_MAGIC:    "cgroup",
	unix.CGROUP2_SUPER_MAGIC:   "cgroup",
	unix.BPF_FS_MAGIC:          "bpf",
	unix.PSTOREFS_MAGIC:        "pstore",
	unix.EFIVARFS_MAGIC:        "efivarfs",
	unix.SELINUX_MAGIC:         "selinuxfs",
	unix.SMACK_MAGIC:           "smackfs",
	unix.DEVPTS_SUPER_MAGIC:    "devpts",
	unix.BINFMTFS_MAGIC:        "binfmt_misc",
	unix.RDTGROUP_SUPER_MAGIC:  "resctrl",
	unix.NSFS_MAGIC:            "nsfs",
	unix.USBDEVICE_SUPER_MAGIC: "usbfs",
	0x19800202:                 "mqueue", // MQUEUE_MAGIC, not in the headers
	0x62656570:                 "configfs",
}

// stored is an error where the kernel makes the file's contents.
func stored(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var on unix.Statfs_t
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = unix.Fstatfs(int(fd), &on) }); err != nil {
		return err
	}
	if failed != nil {
		return nil // a file system that does not tell is a stranger, not the kernel
	}
	if name, ok := made[int64(on.Type)]; ok {
		return fmt.Errorf("%w (the kernel makes it: %s)", ErrNotRegular, name)
	}
	return nil
}
