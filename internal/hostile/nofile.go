// SPDX-License-Identifier: Apache-2.0

//go:build unix

package hostile

import (
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// gigabytes that a sparse file promises.
const sparse = 100 << 30

// noFiles are what a name can lead to instead of a file.
var noFiles = map[string]func(path string) error{
	"pipe":    func(path string) error { return unix.Mkfifo(path, 0o600) },
	"socket":  listen,
	"pagemap": func(path string) error { return os.Symlink("/proc/self/pagemap", path) },
	"kmsg":    func(path string) error { return os.Symlink("/proc/kmsg", path) },
	"memory":  func(path string) error { return os.Symlink("/proc/self/mem", path) },
	"zero":    func(path string) error { return os.Symlink("/dev/zero", path) },
	"tty":     func(path string) error { return os.Symlink("/dev/tty", path) },
	"itself":  func(path string) error { return os.Symlink(path, path) },
	"folder":  func(path string) error { return os.Mkdir(path, 0o700) },
	"sparse": func(path string) error {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		return f.Truncate(sparse)
	},
}

// listen leaves a socket behind that nobody listens on any more.
func listen(path string) error {
	short, err := os.MkdirTemp("", "s") // a socket's path has 104 bytes at most
	if err != nil {
		return err
	}
	defer os.RemoveAll(short)
	at := filepath.Join(short, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: at})
	if err != nil {
		return err
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	return os.Rename(at, path)
}

func instead(name string, make func(string) error) func(string) error {
	return func(dir string) error {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		return make(path)
	}
}

// sources have something else where a workspace's files lie.
func sources() (list []Input) {
	for _, name := range []string{"REPO.bazel", ".bazelignore", "MODULE.bazel", "WORKSPACE.bazel", "BUILD", "k.bzl"} {
		for what, make := range noFiles {
			list = append(list, Input{Kind: "source", Name: name + " is " + what, Args: []string{"index", "."},
				Make: both(files(map[string]string{"WORKSPACE": "", "a/x.bzl": "def f():\n    pass\n"}), instead(name, make))})
		}
	}
	return list
}

// measurements have something else where a build's files lie.
func measurements() (list []Input) {
	for _, name := range []string{"measurement.json", "profile.gz", "console", "bep.json", "failure_detail.rawproto", "memory.pprof", "heap.json", "java_pid1.hprof"} {
		for what, make := range noFiles {
			list = append(list, Input{Kind: "measurement", Name: name + " is " + what, Args: []string{"report", "--workspace", ".", "m"},
				Make: both(files(map[string]string{"m/200m-1/x": ""}), instead("m/200m-1/"+name, make))})
		}
	}
	for what, make := range noFiles {
		if what == "pipe" || what == "sparse" || what == "folder" {
			continue // read until a signal comes; read; looked into
		}
		for _, args := range [][]string{{"report", "x"}, {"heap", "x"}, {"active", "x"}, {"stats", "x"}, {"crash", "x"}} {
			list = append(list, Input{Kind: "named", Name: args[0] + " of " + what, Args: args, Refused: true, Make: instead("x", make)})
		}
	}
	return list
}

// pipes that the user names are read, until a signal comes.
func pipes() (list []Input) {
	for _, args := range [][]string{{"heap", "x.hprof"}, {"active", "x.hprof"}} {
		list = append(list, Input{Kind: "pipe", Name: args[0], Args: args, Waits: true, Make: instead("x.hprof", noFiles["pipe"])})
	}
	return list
}
