// SPDX-License-Identifier: Apache-2.0

package outputbase

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"path/filepath"
	"regexp"
	"strings"

	"example.invalid/starlark-memls/internal/input"
)

// headerBytes is how much of a profile is inflated to find its build_id,
// which stands in the first line.
const headerBytes = 8 << 10

var (
	uuid    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	buildID = regexp.MustCompile(`"build_id"\s*:\s*"([^"\\]{1,128})"`)
)

func isUUID(s string) bool { return uuid.MatchString(s) }

// isProfileName reports whether Bazel names a trace profile so when it is
// left to choose: command.profile.gz, command-<invocation>.profile.gz, and
// command.profile where compression is off.
func isProfileName(name string) bool {
	rest, ok := strings.CutPrefix(name, "command")
	return ok && (rest == ".profile.gz" || rest == ".profile" ||
		strings.HasPrefix(rest, "-") && strings.HasSuffix(rest, ".profile.gz"))
}

// profile resolves the link that 8.0 and later keep under the old name, and
// reads the invocation id.
func (ob *OutputBase) profile(f SeenFile) ProfileFile {
	if target, err := filepath.EvalSymlinks(f.Path); err == nil && filepath.Base(target) != filepath.Base(f.Path) {
		f.Path = filepath.Join(ob.Dir, filepath.Base(target))
		if filepath.Dir(target) != ob.Dir {
			f.Path = target
		}
	}
	name := strings.TrimSuffix(filepath.Base(f.Path), ".profile.gz")
	if id, ok := strings.CutPrefix(name, "command-"); ok && isUUID(id) {
		return ProfileFile{SeenFile: f, InvocationID: id}
	}
	return ProfileFile{SeenFile: f, InvocationID: ProfileInvocation(f.Path)}
}

// ProfileInvocation reads the invocation id from the head of a trace profile,
// plain or gzip. It is empty where the file does not tell: nothing was flushed
// before the server died, or it is no profile.
func ProfileInvocation(path string) string {
	file, err := input.Open(context.Background(), path)
	if err != nil {
		return ""
	}
	defer file.Close()
	var source io.Reader = bufio.NewReaderSize(file, 4<<10)
	if magic, _ := source.(*bufio.Reader).Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		if source, err = gzip.NewReader(source); err != nil {
			return ""
		}
	}
	// A cut stream gives what it has; the error does not matter here.
	head, _ := io.ReadAll(io.LimitReader(source, headerBytes))
	if m := buildID.FindSubmatch(head); m != nil {
		return string(m[1])
	}
	return ""
}

// onceEach drops profiles that are listed twice, under their own name and
// under the link to them.
func onceEach(profiles []ProfileFile) []ProfileFile {
	seen := map[string]bool{}
	kept := profiles[:0]
	for _, p := range profiles {
		if !seen[p.Path] {
			seen[p.Path] = true
			kept = append(kept, p)
		}
	}
	return kept
}
