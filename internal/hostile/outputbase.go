// SPDX-License-Identifier: Apache-2.0

//go:build unix

package hostile

import (
	"os"
	"path/filepath"
	"strings"
)

const outOfMemory = "INFO: Analyzed\nFATAL: bazel ran out of memory and crashed.\njava.lang.OutOfMemoryError: Java heap space\n"

// outputBases come with a repository, which says in one way or another that
// they are the workspace's.
func outputBases() (list []Input) {
	base := func(name string, said func(dir string) string, more map[string]string, link string) {
		list = append(list, Input{Kind: "output base", Name: name, Args: []string{"report"}, Refused: true, Make: func(dir string) error {
			contents := map[string]string{"WORKSPACE": "", "ob/command.log": outOfMemory, "ob/execroot/_main/x": "", "ob/DO_NOT_BUILD_HERE": said(dir)}
			for name, text := range more {
				contents[name] = text
			}
			if err := files(contents)(dir); err != nil || link == "" {
				return err
			}
			return os.Symlink(link, filepath.Join(dir, "bazel-out"))
		}})
	}
	word := func(s string) func(string) string { return func(string) string { return s } }
	const link = "ob/execroot/_main/bazel-out"
	base("names the current folder of each process", word("/proc/self/cwd"), nil, link)
	base("names a root of each process", func(dir string) string { return "/proc/self/root" + dir }, nil, link)
	base("names an open folder", word("/dev/fd/3"), nil, link)
	base("names this very place", func(dir string) string { return dir }, nil, link)
	base("names it with dots", func(dir string) string { return dir + "/ob/.." }, nil, link)
	base("is named by the rc file", func(dir string) string { return dir }, map[string]string{".bazelrc": "startup --output_base=%workspace%/ob\n"}, "")
	base("is named by an imported rc file", func(dir string) string { return dir }, map[string]string{".bazelrc": "import a.rc\n", "a.rc": "startup --output_base=ob\n"}, "")
	base("names nothing", word(""), nil, link)
	base("names a relative place", word("."), nil, link)
	base("names much", word(strings.Repeat("x/", 1<<20)), nil, link)
	return list
}

// startupFiles are rc files that lead nowhere.
func startupFiles() (list []Input) {
	for name, contents := range map[string]map[string]string{
		"imports itself":      {".bazelrc": "import %workspace%/.bazelrc\n"},
		"imports in a circle": {".bazelrc": "import a\n", "a": "import b\n", "b": "import a\nimport .bazelrc\n"},
		"imports much": {".bazelrc": strings.Repeat("import a\n", 10_000), "a": strings.Repeat("import b\n", 10_000),
			"b": strings.Repeat("import c\n", 10_000), "c": "startup --output_base=/x\n"},
		"imports the kernel": {".bazelrc": "import /proc/self/pagemap\nimport /dev/zero\ntry-import /proc/kmsg\n"},
		"a long word":        {".bazelrc": "startup --output_base=" + strings.Repeat("x", 4<<20) + "\n"},
		"no end":             {".bazelrc": "startup \"--output_base=" + strings.Repeat("\\\n", 1<<20)},
		"NULs":               {".bazelrc": "startup --output_base=a\x00b\nstartup --output_user_root=\x00\n"},
		"not UTF-8":          {".bazelrc": "startup --output_base=/\xff\xfe\x1b[31m\n"},
	} {
		contents["WORKSPACE"] = ""
		list = append(list, Input{Kind: "rc file", Name: name, Args: []string{"doctor", "--workspace", "."}, Make: files(contents)})
	}
	return list
}
