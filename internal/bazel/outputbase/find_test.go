// SPDX-License-Identifier: Apache-2.0

package outputbase

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// world is a home folder and a workspace.
type world struct {
	t          *testing.T
	home, root string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, home: filepath.Join(dir, "home"), root: filepath.Join(dir, "ws")}
	w.put(filepath.Join(w.root, "WORKSPACE"), "")
	return w
}

func (w *world) put(path, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// base makes an output base of a workspace.
func (w *world) base(dir, workspace string) string {
	w.put(filepath.Join(dir, "DO_NOT_BUILD_HERE"), workspace)
	return dir
}

// used makes an output base one in which a command ran in the year 2000+n.
func (w *world) used(dir string, n int) {
	w.t.Helper()
	path := filepath.Join(dir, "command.log")
	w.put(path, "Loading:\n")
	at := time.Date(2000+n, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(path, at, at); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) link(name, target string) {
	w.t.Helper()
	if err := os.Symlink(target, filepath.Join(w.root, name)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) find(environ map[string]string, startup ...string) (string, []Tried, error) {
	env := Environment{GOOS: "linux", Home: w.home, User: "u", Startup: startup,
		Getenv: func(name string) string { return environ[name] }}
	ob, tried, err := Find(w.root, env)
	if ob == nil {
		return "", tried, err
	}
	return ob.Dir, tried, err
}

func TestFind(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(w *world) (want string, environ map[string]string, startup []string){
		"bazel-out link": func(w *world) (string, map[string]string, []string) {
			ob := w.base(filepath.Join(w.home, "ob"), w.root)
			w.link("bazel-out", filepath.Join(ob, "execroot", "toy", "bazel-out"))
			return ob, nil, nil
		},
		"link under another prefix": func(w *world) (string, map[string]string, []string) {
			ob := w.base(filepath.Join(w.home, "execroot", "ob"), w.root)
			w.link("out-bin", filepath.Join(ob, "execroot", "_main", "bazel-out", "k8", "bin"))
			return ob, nil, nil
		},
		"a link to another workspace's is refused": func(w *world) (string, map[string]string, []string) {
			other := w.base(filepath.Join(w.home, "other"), "/srv/build/other")
			w.link("bazel-out", filepath.Join(other, "execroot", "toy", "bazel-out"))
			return w.base(filepath.Join(w.home, ".cache", "bazel", "_bazel_u", md5Hex(w.root)), w.root), nil, nil
		},
		"the last command's wins over what the links say": func(w *world) (string, map[string]string, []string) {
			linked := w.base(filepath.Join(w.home, "linked"), w.root)
			w.used(linked, 1)
			w.link("bazel-out", filepath.Join(linked, "execroot", "toy", "bazel-out"))
			w.put(filepath.Join(w.root, ".bazelrc"), "startup --output_base="+w.home+"/new\n")
			w.used(w.base(filepath.Join(w.home, "new"), w.root), 2)
			w.used(w.base(filepath.Join(w.home, "unknown"), w.root), 3)
			return filepath.Join(w.home, "new"), nil, nil
		},
		"and over what an rc file says": func(w *world) (string, map[string]string, []string) {
			w.put(filepath.Join(w.root, ".bazelrc"), "startup --output_base="+w.home+"/new\n")
			w.used(w.base(filepath.Join(w.home, "new"), w.root), 1)
			ob := w.base(filepath.Join(w.home, ".cache/bazel/_bazel_u", md5Hex(w.root)), w.root)
			w.link("bazel-out", filepath.Join(ob, "execroot", "toy", "bazel-out"))
			w.used(ob, 2)
			return ob, nil, nil
		},
		"default": func(w *world) (string, map[string]string, []string) {
			return w.base(filepath.Join(w.home, ".cache/bazel/_bazel_u", md5Hex(w.root)), w.root), nil, nil
		},
		"XDG_CACHE_HOME": func(w *world) (string, map[string]string, []string) {
			xdg := filepath.Join(w.home, "xdg")
			return w.base(filepath.Join(xdg, "bazel/_bazel_u", md5Hex(w.root)), w.root), map[string]string{"XDG_CACHE_HOME": xdg}, nil
		},
		"TEST_TMPDIR": func(w *world) (string, map[string]string, []string) {
			tmp := filepath.Join(w.home, "tmp")
			return w.base(filepath.Join(tmp, "_bazel_u", md5Hex(w.root)), w.root), map[string]string{"TEST_TMPDIR": tmp}, nil
		},
		"output_user_root in .bazelrc": func(w *world) (string, map[string]string, []string) {
			w.put(filepath.Join(w.root, ".bazelrc"), "# x\nbuild -c opt\nstartup --host_jvm_args=-Xmx1g \\\n  --output_user_root=\""+w.home+"/my root\" # y\n")
			return w.base(filepath.Join(w.home, "my root", md5Hex(w.root)), w.root), nil, nil
		},
		"output_base through imports in a circle": func(w *world) (string, map[string]string, []string) {
			w.put(filepath.Join(w.root, ".bazelrc"), "try-import %workspace%/missing.rc\nimport %workspace%/a.rc\n")
			w.put(filepath.Join(w.root, "a.rc"), "import %workspace%/b.rc\r\n")
			w.put(filepath.Join(w.root, "b.rc"), "import %workspace%/a.rc\nstartup --output_base "+w.home+"/fixed\n")
			return w.base(filepath.Join(w.home, "fixed"), w.root), nil, nil
		},
		"the home's rc file wins over the workspace's": func(w *world) (string, map[string]string, []string) {
			w.put(filepath.Join(w.root, ".bazelrc"), "startup --output_base="+w.home+"/one\n")
			w.put(filepath.Join(w.home, ".bazelrc"), "startup --output_base="+w.home+"/two\n")
			w.base(filepath.Join(w.home, "one"), w.root)
			return w.base(filepath.Join(w.home, "two"), w.root), nil, nil
		},
		"--nohome_rc turns it off": func(w *world) (string, map[string]string, []string) {
			w.put(filepath.Join(w.home, ".bazelrc"), "startup --output_base="+w.home+"/two\n")
			w.base(filepath.Join(w.home, "two"), w.root)
			return w.base(filepath.Join(w.home, ".cache/bazel/_bazel_u", md5Hex(w.root)), w.root), nil, []string{"--nohome_rc"}
		},
		"--bazelrc": func(w *world) (string, map[string]string, []string) {
			w.put(filepath.Join(w.home, "extra.rc"), "startup --output_base="+w.home+"/three\n")
			return w.base(filepath.Join(w.home, "three"), w.root), nil, []string{"--bazelrc=" + w.home + "/extra.rc"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			want, environ, startup := test(w)
			got, tried, err := w.find(environ, startup...)
			if err != nil || got != want {
				t.Errorf("found %q, want %q (%v); tried:\n%v", got, want, err, tried)
			}
		})
	}
}

func TestFindSaysWhatItRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.base(filepath.Join(w.home, "other"), "/srv/build/other")
	w.link("bazel-out", filepath.Join(other, "execroot", "toy", "bazel-out"))
	got, tried, err := w.find(nil)
	if got != "" || !errors.Is(err, ErrNotFound) {
		t.Fatalf("found %q, %v", got, err)
	}
	if len(tried) < 2 || tried[0].Dir != other || !strings.Contains(tried[0].Outcome, "another workspace, /srv/build/other") {
		t.Errorf("tried %v", tried)
	}
}

// The workspace is opened through a link: Bazel wrote the real path.
func TestFindThroughLinkedWorkspace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := w.base(filepath.Join(w.home, ".cache/bazel/_bazel_u", md5Hex(w.root)), w.root)
	alias := filepath.Join(filepath.Dir(w.root), "alias")
	if err := os.Symlink(w.root, alias); err != nil {
		t.Fatal(err)
	}
	w.root = alias
	if got, tried, err := w.find(nil); got != want {
		t.Errorf("found %q, want %q: %v %v", got, want, err, tried)
	}
}

func TestDefaultUserRoots(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	for goos, want := range map[string]string{
		"darwin": "/private/var/tmp/_bazel_u",
		"linux":  "/home/u/.cache/bazel/_bazel_u",
	} {
		if got := defaultUserRoots(Environment{GOOS: goos, Home: "/home/u", User: "u", Getenv: none}); got[0] != want {
			t.Errorf("%s: %v, want %s first", goos, got, want)
		}
	}
}

func TestRCLines(t *testing.T) {
	t.Parallel()
	got := rcLines("startup --a=b\\\nc 'd e' \"f\\\"g\" h\\ i # j\n\n  # k\ntry-import x\r\n")
	want := [][]string{{"startup", "--a=bc", "d e", `f"g`, "h i"}, {"try-import", "x"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzRCLines(f *testing.F) {
	f.Add("startup --a='b c' \\\n d # e\nimport %workspace%/x")
	f.Add("\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		total := 0
		for _, words := range rcLines(text) {
			if len(words) == 0 {
				t.Fatal("an empty line was handed on")
			}
			for _, word := range words {
				total += len(word)
			}
		}
		if total > len(text) {
			t.Fatalf("%d bytes of words from %d bytes", total, len(text))
		}
	})
}

func FuzzServerLog(f *testing.F) {
	f.Add("261121 09:52:08.015:I 20 [a.b.GrpcServerImpl.executeCommand] [build, --client_env=A=hunter2]\n261121 09:52:08.016:I 20 [a.B.buildTargets] Build identifier: b6cc4cd4-5588-45b5-a0d3-e1534e145590\n")
	f.Fuzz(func(t *testing.T, text string) {
		var p logParser
		if err := p.read(context.Background(), strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		for _, inv := range p.list {
			if strings.ContainsAny(inv.Command, ",") {
				t.Fatalf("command %q", inv.Command)
			}
		}
	})
}

// TestOfRepository: an output base that came with the repository is refused,
// whichever way it is named there, and one that the user names is not.
func TestOfRepository(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set     func(w *world, ob string)
		startup []string
		user    bool // the user names it
	}{
		"a link": {set: func(w *world, ob string) { w.link("bazel-out", "ob/execroot/_main/bazel-out") }},
		"a link through a link": {set: func(w *world, ob string) {
			w.link("x", "ob")
			w.link("bazel-out", "x/execroot/_main/bazel-out")
		}},
		"its rc file": {set: func(w *world, ob string) {
			w.put(filepath.Join(w.root, ".bazelrc"), "startup --output_base=%workspace%/ob\n")
		}},
		"an import of its rc file": {set: func(w *world, ob string) {
			w.put(filepath.Join(w.root, ".bazelrc"), "import %workspace%/a.rc\n")
			w.put(filepath.Join(w.root, "a.rc"), "startup --output_base=ob\n")
		}},
		"the user's rc file": {user: true, set: func(w *world, ob string) {
			w.put(filepath.Join(w.home, ".bazelrc"), "startup --output_base="+ob+"\n")
		}},
		"the user": {user: true, set: func(*world, string) {}, startup: []string{"--output_base=ob"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ob := w.base(filepath.Join(w.root, "ob"), w.root)
			test.set(w, ob)
			got, tried, err := w.find(nil, test.startup...)
			if test.user != (got == ob) || !test.user && !errors.Is(err, ErrNotFound) {
				t.Errorf("found %q, %v; tried %v", got, err, tried)
			}
			if !test.user && !strings.Contains(tried[0].String(), "may have come with the repository") {
				t.Errorf("tried %v", tried)
			}
		})
	}
}

// TestNames: what DO_NOT_BUILD_HERE says is not followed to where each process
// sees something else.
func TestNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outside := filepath.Join(w.home, "link")
	w.put(filepath.Join(w.home, "x"), "")
	for link, target := range map[string]string{outside: w.root, outside + "2": "/proc/self/cwd", outside + "3": outside + "3", outside + "4": "../home/link"} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	for said, want := range map[string]bool{
		w.root: true, w.root + "/": true, outside: true, outside + "4": true,
		outside + "2": false, outside + "3": false, w.home: false, "": false, ".": false, "ws": false,
		"/proc/self/cwd": false, "/proc/self/root" + w.root: false, "/dev/fd/0": false, w.root + "\x00": false,
	} {
		if got := names("linux", said, w.root); got != want {
			t.Errorf("%q names %s: %t, want %t", said, w.root, got, want)
		}
	}
}
