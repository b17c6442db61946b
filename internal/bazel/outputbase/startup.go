// SPDX-License-Identifier: Apache-2.0

package outputbase

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Rc files, as the client reads them (src/main/cpp/option_processor.cc,
// rc_file.cc, workspace_layout.cc): the system's, the workspace's, the home
// folder's, then those named by --bazelrc, in this order; a later value of an
// option wins, and the user's own startup options win over all. tools/bazel.rc
// was read before 1.0.
//
// A line is a command and its options; only `startup`, `import` and
// `try-import` lines matter here. A backslash before the line's end continues
// it; # begins a comment; quotes and backslashes protect (blaze_util's
// Tokenize). An import names a file, %workspace% standing for the root.
const (
	maxImportDepth = 16
	maxRCBytes     = 1 << 20
	maxRCFiles     = 128
)

// startup are the startup options that decide where the output base is, each
// with where it was found.
type startup struct {
	outputBase, outputBaseFrom         string
	outputUserRoot, outputUserRootFrom string
	unreadable                         []string
}

// rcReader reads the rc files of one workspace.
type rcReader struct {
	root, home string
	files      int
	reading    []string // the import chain, for circles
	result     startup
}

func readStartup(root string, env Environment) startup {
	r := &rcReader{root: root, home: env.Home}
	for _, file := range rcFiles(root, env) {
		r.read(file, 0)
	}
	for option := range slices.Values(env.Startup) {
		r.option(option, "the startup options given")
	}
	return r.result
}

// rcFiles are the files to read, in order, after the flags that turn them off.
func rcFiles(root string, env Environment) []string {
	system, workspace, home := true, true, true
	var named []string
	for _, option := range env.Startup {
		name, value, _ := strings.Cut(option, "=")
		switch name {
		case "--system_rc", "--nosystem_rc":
			system = name == "--system_rc"
		case "--workspace_rc", "--noworkspace_rc":
			workspace = name == "--workspace_rc"
		case "--home_rc", "--nohome_rc":
			home = name == "--home_rc"
		case "--ignore_all_rc_files":
			return nil
		case "--bazelrc":
			if value == os.DevNull {
				// What follows /dev/null is ignored; what came before stays.
				return append(standardRC(root, env, system, workspace, home), named...)
			}
			named = append(named, value)
		}
	}
	return append(standardRC(root, env, system, workspace, home), named...)
}

func standardRC(root string, env Environment, system, workspace, home bool) []string {
	var files []string
	if system {
		files = append(files, env.SystemRC...)
	}
	if workspace {
		files = append(files, filepath.Join(root, "tools", "bazel.rc"), filepath.Join(root, ".bazelrc"))
	}
	if home && env.Home != "" {
		files = append(files, filepath.Join(env.Home, ".bazelrc"))
	}
	return files
}

// read reads one file and what it imports. A missing file is no news; one
// that is there and cannot be read is noted.
func (r *rcReader) read(path string, depth int) {
	if depth > maxImportDepth || r.files == maxRCFiles || slices.Contains(r.reading, path) {
		return
	}
	text, err := readSmall(path, maxRCBytes)
	if err != nil {
		if !os.IsNotExist(err) {
			r.result.unreadable = append(r.result.unreadable, path)
		}
		return
	}
	r.files++
	r.reading = append(r.reading, path)
	defer func() { r.reading = r.reading[:len(r.reading)-1] }()
	for _, words := range rcLines(string(text)) {
		switch words[0] {
		case "import", "try-import":
			if len(words) == 2 {
				r.read(r.place(words[1]), depth+1)
			}
		case "startup":
			r.options(words[1:], path)
		}
	}
}

// options takes the options of a line; a value may stand in the next word.
func (r *rcReader) options(words []string, from string) {
	for i, word := range words {
		if (word == "--output_base" || word == "--output_user_root") && i+1 < len(words) {
			word += "=" + words[i+1]
		}
		r.option(word, from)
	}
}

func (r *rcReader) option(option, from string) {
	name, value, ok := strings.Cut(option, "=")
	if !ok || value == "" {
		return
	}
	switch name {
	case "--output_base":
		r.result.outputBase, r.result.outputBaseFrom = r.place(value), from
	case "--output_user_root":
		r.result.outputUserRoot, r.result.outputUserRootFrom = r.place(value), from
	}
}

// place makes a path of an rc file absolute: %workspace% and ~ are replaced,
// and what is relative is so to the workspace, where people run Bazel.
func (r *rcReader) place(path string) string {
	path = strings.ReplaceAll(path, "%workspace%", r.root)
	if rest, ok := strings.CutPrefix(path, "~/"); ok && r.home != "" {
		path = filepath.Join(r.home, rest)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.root, path)
	}
	return filepath.Clean(path)
}

// rcLines are the lines of an rc file as words; empty ones are left out.
func rcLines(text string) [][]string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\\\n", "")
	var lines [][]string
	for line := range strings.SplitSeq(text, "\n") {
		if words := rcWords(line); len(words) > 0 {
			lines = append(lines, words)
		}
	}
	return lines
}

// rcWords splits a line at blanks outside quotes, up to a comment.
func rcWords(line string) []string {
	var words []string
	var word strings.Builder
	var quote byte
	inWord := false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
			inWord = true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(c)
		case c == '"' || c == '\'':
			quote, inWord = c, true
		case c == ' ' || c == '\t':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		case c == '#':
			if inWord {
				words = append(words, word.String())
			}
			return words
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
