// SPDX-License-Identifier: Apache-2.0

//go:build unix

package hostile

import (
	"errors"
	"os"
	"path/filepath"
)

// House makes a workspace with everything at once that a repository can hold to
// do harm to an editor that opens it: files that are none, names that are
// obeyed, links out of it, an output base of its own with a crash that never
// was, and measurements of the same kind. It returns the sources to open.
func House(dir string) (sources []string, err error) {
	fine := map[string]string{"WORKSPACE": "", "ok/BUILD": "load(\":a.bzl\", \"r\")\nr(name = \"x\")\n",
		"ok/a.bzl": "def f(ctx):\n    return [f(ctx) for x in range(3)]\n\nr = rule(implementation = f)\n"}
	err = files(fine)(dir)
	add := func(name string, make func(string) error) {
		err = errors.Join(err, make(filepath.Join(dir, name)))
		sources = append(sources, name)
	}
	for _, folder := range []string{"not", "m/200m-1", "m/300m-1", "ob/execroot/_main/bazel-out", "ob/server"} {
		err = errors.Join(err, os.MkdirAll(filepath.Join(dir, folder), 0o700))
	}
	for what, make := range noFiles {
		add("not/"+what+".bzl", make)
	}
	for name, what := range map[string]string{"REPO.bazel": "pagemap", ".bazelignore": "zero", "MODULE.bazel": "pipe", ".bazelrc": "kmsg", "BUILD": "socket"} {
		add(name, noFiles[what])
	}
	for name, what := range map[string]string{"measurement.json": "pipe", "profile.gz": "sparse", "console": "zero", "bep.json": "kmsg", "java_pid1.hprof": "pagemap"} {
		err = errors.Join(err, noFiles[what](filepath.Join(dir, "m/200m-1", name)))
	}
	for _, in := range fileNames() {
		err = errors.Join(err, in.Make(dir))
	}
	for at, target := range map[string]string{"root": "/", "kernel": "/proc", "devices": "/dev", "up": "../../..", "here": ".",
		"bazel-out": "ob/execroot/_main/bazel-out", "passwd.bzl": "/etc/passwd"} {
		err = errors.Join(err, os.Symlink(target, filepath.Join(dir, at)))
	}
	bomb := packed(traceHead + string(make([]byte, 16<<20)))
	return append(sources, "ok/a.bzl", "ok/BUILD", "passwd.bzl"), errors.Join(err, files(map[string]string{
		"ob/DO_NOT_BUILD_HERE": "/proc/self/cwd", "ob/command.log": outOfMemory, "ob/server/server.pid.txt": "1",
		"ob/command.profile.gz": string(bomb), "ob/java_pid1.hprof": string(packed("JAVA PROFILE 1.0.2\x00\x00\x00\x00\x08" + string(make([]byte, 16<<20)))),
		"m/300m-1/console": outOfMemory, "m/300m-1/measurement.json": `{"schema":1,"status":` + quoted(Evil) + `,"heap_dumps":["/dev/zero"]}`,
	})(dir))
}
