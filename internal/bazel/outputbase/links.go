// SPDX-License-Identifier: Apache-2.0

package outputbase

// The links that Bazel makes in a workspace lead to its output base. On Windows
// they are junctions, of which Go says since 1.23 that they are irregular files
// and no symbolic links, and which filepath.EvalSymlinks leaves as they are;
// os.Readlink reads them. What it answers has had several shapes, from the
// system's own down to the plain one:
//
//	\??\C:\users\u\_bazel_u\<hash>\execroot\ws\bazel-out
//	\\?\C:\users\…
//	C:\users\…  or  C:/users/…
//
// What depends on the system takes its name, so that every system's shapes are
// tested on each.

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// samePath compares two folders after resolving links on both sides; a folder
// that is gone is compared by name. Windows does not tell cases apart.
func samePath(goos, a, b string) bool {
	a, b = resolved(a), resolved(b)
	if goos == "windows" {
		return strings.EqualFold(path.Clean(slashed(a)), path.Clean(slashed(b)))
	}
	return a == b
}

func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return filepath.Clean(path)
}

// linked follows the links that Bazel makes in the workspace. All of a name's
// form are tried, for --symlink_prefix and the folder's name vary, but only
// links: a real folder bazel-foo is the user's own.
func linked(goos, root string) []Tried {
	names := []string{"bazel-out", "bazel-" + filepath.Base(root), "bazel-bin", "bazel-testlogs"}
	entries, err := os.ReadDir(root)
	if err == nil {
		for _, e := range entries {
			if mayBeLink(e.Type()) {
				names = append(names, e.Name())
			}
		}
	}
	var list []Tried
	for _, name := range names {
		target, err := os.Readlink(filepath.Join(root, name))
		if err != nil {
			continue
		}
		if dir, ok := aboveExecroot(linkTarget(goos, root, target)); ok {
			list = append(list, Tried{Dir: filepath.FromSlash(dir), How: name + " link"})
		}
	}
	return list
}

// mayBeLink reports whether something in a folder may be a link: a junction is
// irregular.
func mayBeLink(t fs.FileMode) bool { return t&(fs.ModeSymlink|fs.ModeIrregular) != 0 }

// linkTarget is where a link in the folder root leads, with slashes: absolute,
// without the prefixes by which Windows names its own name spaces.
func linkTarget(goos, root, target string) string {
	if goos != "windows" {
		if !path.IsAbs(target) {
			target = path.Join(root, target)
		}
		return path.Clean(target)
	}
	target = slashed(target)
	for _, prefix := range []string{"/??/", "//?/"} {
		rest, ok := strings.CutPrefix(target, prefix)
		if !ok {
			continue
		}
		if share, ok := strings.CutPrefix(rest, "UNC/"); ok {
			return "//" + strings.TrimPrefix(path.Clean("/"+share), "/")
		}
		if hasDrive(rest) {
			target = rest
		} // else a volume without a letter, which has no other name
	}
	switch {
	case strings.HasPrefix(target, "//"): // a share, or such a volume
		return "/" + path.Clean(target[1:])
	case hasDrive(target):
		return path.Clean(target)
	case strings.HasPrefix(target, "/") && hasDrive(root): // of the same drive
		return path.Clean(root[:2] + target)
	}
	return path.Clean(slashed(root) + "/" + target)
}

// hasDrive reports whether a path begins with C: or another drive.
func hasDrive(p string) bool {
	return len(p) >= 2 && p[1] == ':' && ('a' <= p[0]|0x20 && p[0]|0x20 <= 'z')
}

func slashed(p string) string { return strings.ReplaceAll(p, `\`, "/") }

// aboveExecroot is the part of a clean path with slashes before "/execroot/",
// from the right: an output base may itself lie below a folder of that name.
func aboveExecroot(p string) (string, bool) {
	i := strings.LastIndex(p, "/execroot/")
	if i == 0 {
		return "/", true
	}
	return p[:max(i, 0)], i > 0
}
