// SPDX-License-Identifier: Apache-2.0

package outputbase

import (
	"io/fs"
	"testing"
)

// What links answer, on every system; Windows has junctions.
func TestLinkTargets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ goos, root, target, want, base string }{
		{"linux", "/ws", "/home/u/.cache/bazel/_bazel_u/0123/execroot/ws/bazel-out", "/home/u/.cache/bazel/_bazel_u/0123/execroot/ws/bazel-out", "/home/u/.cache/bazel/_bazel_u/0123"},
		{"linux", "/ws", "../base/execroot/ws", "/base/execroot/ws", "/base"},
		{"linux", "/ws", `C:\base\execroot\ws`, `/ws/C:\base\execroot\ws`, ""},
		{"darwin", "/ws", "/private/var/tmp/_bazel_u/0123/execroot/a/execroot/ws", "/private/var/tmp/_bazel_u/0123/execroot/a/execroot/ws", "/private/var/tmp/_bazel_u/0123/execroot/a"},
		{"windows", `C:\ws`, `C:\users\u\_bazel_u\0123\execroot\ws\bazel-out`, "C:/users/u/_bazel_u/0123/execroot/ws/bazel-out", "C:/users/u/_bazel_u/0123"},
		{"windows", `C:\ws`, `\??\C:\users\u\_bazel_u\0123\execroot\ws\bazel-out\`, "C:/users/u/_bazel_u/0123/execroot/ws/bazel-out", "C:/users/u/_bazel_u/0123"},
		{"windows", `C:\ws`, `\\?\d:\b\execroot\ws`, "d:/b/execroot/ws", "d:/b"},
		{"windows", `C:\ws`, `d:/b/execroot/ws/bazel-out`, "d:/b/execroot/ws/bazel-out", "d:/b"},
		{"windows", `C:\ws`, `\\?\UNC\server\share\b\execroot\ws`, "//server/share/b/execroot/ws", "//server/share/b"},
		{"windows", `C:\ws`, `\??\UNC\server\share\b\execroot\ws`, "//server/share/b/execroot/ws", "//server/share/b"},
		{"windows", `C:\ws`, `\\server\share\b\execroot\ws`, "//server/share/b/execroot/ws", "//server/share/b"},
		{"windows", `C:\ws`, `\\?\Volume{9bd4}\b\execroot\ws`, "//?/Volume{9bd4}/b/execroot/ws", "//?/Volume{9bd4}/b"},
		{"windows", `C:\ws`, `..\b\execroot\ws`, "C:/b/execroot/ws", "C:/b"},
		{"windows", `C:\ws`, `\b\execroot\ws`, "C:/b/execroot/ws", "C:/b"},
		{"windows", `C:\ws`, `C:\somewhere\else`, "C:/somewhere/else", ""},
		{"windows", `C:\ws`, ``, "C:/ws", ""},
	} {
		got := linkTarget(tt.goos, tt.root, tt.target)
		if got != tt.want {
			t.Errorf("%s: %s in %s leads to %s, want %s", tt.goos, tt.target, tt.root, got, tt.want)
		}
		if base, ok := aboveExecroot(got); base != tt.base || ok != (tt.base != "") {
			t.Errorf("%s: the output base of %s is %q, want %q", tt.goos, tt.target, base, tt.base)
		}
	}
}

// A junction is told by its mode from what is a file of its own.
func TestWhatMayBeALink(t *testing.T) {
	t.Parallel()
	for mode, want := range map[fs.FileMode]bool{
		fs.ModeSymlink: true, fs.ModeIrregular: true, fs.ModeDir | fs.ModeIrregular: true,
		0: false, fs.ModeDir: false, fs.ModeNamedPipe: false, fs.ModeSocket: false,
	} {
		if got := mayBeLink(mode); got != want {
			t.Errorf("%v: %t", mode, got)
		}
	}
}

func TestSamePath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		goos, a, b string
		want       bool
	}{
		{"windows", `C:\ws`, `c:/WS/`, true},
		{"windows", `C:\ws`, `C:\wsx`, false},
		{"windows", `\\server\share\ws`, `//SERVER/share/ws`, true},
		{"linux", "/gone/ws", "/gone/./ws/", true},
		{"linux", "/gone/ws", "/gone/WS", false},
	} {
		if got := samePath(tt.goos, tt.a, tt.b); got != tt.want {
			t.Errorf("%s: %s and %s: %t", tt.goos, tt.a, tt.b, got)
		}
	}
}

func FuzzLinkTarget(f *testing.F) {
	f.Add("windows", `C:\ws`, `\??\C:\b\execroot\ws`)
	f.Add("windows", `\\server\share`, `\\?\`)
	f.Add("linux", "/ws", "../x")
	f.Fuzz(func(t *testing.T, goos, root, target string) {
		got := linkTarget(goos, root, target)
		if base, ok := aboveExecroot(got); ok && len(base) >= len(got) {
			t.Errorf("%q is above %q", base, got)
		}
	})
}
