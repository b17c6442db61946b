// SPDX-License-Identifier: Apache-2.0

package outputbase

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/plain"
)

// How the output base of a workspace is found, in this order:
//
//  1. The links that Bazel leaves in the workspace: bazel-out leads to
//     <output_base>/execroot/<name>/bazel-out, bazel-<folder name> to
//     <output_base>/execroot/<name>. A first build that dies in analysis has
//     made none, and --symlink_prefix moves them.
//  2. Startup options: those the user names, then the rc files' `startup`
//     lines. --output_base names it; --output_user_root the folder around it.
//  3. Bazel's default: <output_user_root>/<md5 of the workspace's path>.
//
// Each candidate is accepted only where its DO_NOT_BUILD_HERE names this
// workspace (links survive a copied folder, and an rc file can name an output
// base that another workspace used last), where it is the user's, and where it
// did not come with the repository (own.go). What was refused is told, since "no
// evidence" without a reason sends people to look for it by hand. Of several
// that do name it the one that the last command was run in is taken: an rc
// file that names a new output base leaves the links where they were until a
// build passes.
//
// Sources: src/main/cpp/blaze.cc, blaze_util.cc (GetHashedBaseDir),
// startup_options.cc, blaze_util_{linux,darwin,windows,bsd}.cc
// (GetOutputRoot / GetCacheDir), workspace_layout.cc, option_processor.cc.

// ErrNotFound says that no output base of the workspace was found. What was
// tried is told apart from it.
var ErrNotFound = errors.New("no output base of this workspace was found; run Bazel in it once, or name the output base (bazel info output_base prints it)")

// An Environment is what finding an output base depends on besides files.
type Environment struct {
	GOOS string // as runtime.GOOS
	Home string // the user's home folder
	User string // the user's login name
	// Getenv looks up a variable; it is asked for TEST_TMPDIR,
	// XDG_CACHE_HOME, BAZELRC's like and USERPROFILE, for nothing else.
	Getenv func(string) string
	// SystemRC are the system's rc files, the ones that exist are read.
	SystemRC []string
	// Startup are startup options known from elsewhere (a setting of the
	// editor's): --output_base, --output_user_root, --bazelrc,
	// --[no]system_rc, --[no]workspace_rc, --[no]home_rc, --ignore_all_rc_files.
	Startup []string
}

// HostEnvironment is the environment of this process.
func HostEnvironment() Environment {
	env := Environment{GOOS: runtime.GOOS, Getenv: os.Getenv, SystemRC: systemRC(runtime.GOOS, os.Getenv)}
	env.Home, _ = os.UserHomeDir()
	// Bazel asks $USER first and the password file second (GetUserName,
	// blaze_util_posix.cc).
	if env.User = os.Getenv("USER"); env.User == "" {
		if u, err := user.Current(); err == nil {
			env.User = u.Username
		}
	}
	if env.GOOS == "windows" {
		env.User = os.Getenv("USERNAME")
	}
	return env
}

// systemRC are the places of the system's rc file. Debian's package of Bazel
// is built with a place of its own.
func systemRC(goos string, getenv func(string) string) []string {
	if goos == "windows" {
		if dir := getenv("ProgramData"); dir != "" {
			return []string{filepath.Join(dir, "bazel.bazelrc")}
		}
		return nil
	}
	return []string{"/etc/bazel.bazelrc", "/etc/bazel/bazelrc"}
}

// A Tried is one place that was looked at.
type Tried struct {
	Dir     string // the candidate; may be empty where there is none to name
	How     string // "bazel-out link", "--output_base in .bazelrc", …
	Outcome string // "accepted", or why not
}

// String is the line a user reads.
func (t Tried) String() string {
	if t.Dir == "" {
		return plain.Path(t.How + ": " + t.Outcome)
	}
	return plain.Path(fmt.Sprintf("%s: %s (%s)", t.Dir, t.Outcome, t.How))
}

// Find finds the output base of the workspace whose root is given. Where
// there is none it gives ErrNotFound; what was tried is told in any case, in
// order, with the accepted one last. It never starts Bazel.
func Find(workspaceRoot string, env Environment) (*OutputBase, []Tried, error) {
	root, err := filepath.Abs(workspaceRoot)
	if err != nil {
		return nil, nil, fmt.Errorf("finding output base: %w", err)
	}
	var tried []Tried
	var found *OutputBase
	var foundAs Tried
	seen := map[string]bool{}
	candidates, notes := candidates(root, env)
	for _, c := range candidates {
		if seen[c.Dir] {
			continue
		}
		seen[c.Dir] = true
		ob, refusal := c.accept(root)
		switch {
		case ob == nil:
			c.Outcome = refusal
		case found == nil:
			found, foundAs = ob, c.Tried
			continue
		case ob.lastUsed().After(found.lastUsed()):
			found, foundAs, c.Tried = ob, c.Tried, foundAs
			c.Outcome = usedEarlier
		default:
			c.Outcome = usedEarlier
		}
		tried = append(tried, c.Tried)
	}
	if found == nil {
		return nil, append(tried, notes...), fmt.Errorf("%s: %w", root, ErrNotFound)
	}
	foundAs.Outcome = "accepted"
	return found, append(tried, foundAs), nil
}

// usedEarlier is the outcome of an output base of the workspace that is not
// the one of the last command.
const usedEarlier = "belongs to this workspace, but the last command was run in another one"

// lastUsed is when a command last wrote to the output base. The server's log
// does not count: an idle server writes to it, too.
func (ob *OutputBase) lastUsed() time.Time {
	var last time.Time
	if ob.CommandLog != nil {
		last = ob.CommandLog.Modified
	}
	if len(ob.Profiles) > 0 && ob.Profiles[0].Modified.After(last) {
		last = ob.Profiles[0].Modified
	}
	return last
}

// A candidate is a place to look at.
type candidate struct {
	Tried
	// fromRepository: it is a file of the workspace that names it.
	fromRepository bool
}

// candidates lists the places to look at, without an outcome; notes are about
// rc files that could not be read.
func candidates(root string, env Environment) (list []candidate, notes []Tried) {
	for _, t := range linked(env.GOOS, root) {
		list = append(list, candidate{t, true})
	}
	startup := readStartup(root, env)
	for _, path := range startup.unreadable {
		notes = append(notes, Tried{How: path, Outcome: "this rc file could not be read"})
	}
	if startup.outputBase != "" {
		list = append(list, candidate{Tried{Dir: startup.outputBase, How: "--output_base in " + startup.outputBaseFrom}, within(startup.outputBaseFrom, root)})
	}
	userRoot, how, fromRepository := defaultUserRoots(env), "Bazel's default place", false
	if startup.outputUserRoot != "" {
		userRoot, how = []string{startup.outputUserRoot}, "--output_user_root in "+startup.outputUserRootFrom
		fromRepository = within(startup.outputUserRootFrom, root)
	}
	for _, dir := range userRoot {
		for _, hash := range workspaceHashes(root) {
			list = append(list, candidate{Tried{Dir: filepath.Join(dir, hash), How: how}, fromRepository})
		}
	}
	return list, notes
}

// accept opens a candidate and checks that it belongs to the workspace.
func (c candidate) accept(root string) (*OutputBase, string) {
	dir := c.Dir
	if c.ofRepository(root) {
		return nil, "lies in the workspace, where it may have come with the repository; name it by hand if it is yours"
	}
	workspace, err := workspaceOf(dir)
	switch {
	case errors.Is(err, ErrNotOutputBase):
		if _, statErr := os.Stat(dir); errors.Is(statErr, fs.ErrNotExist) {
			return nil, "does not exist"
		}
		return nil, "is not an output base"
	case err != nil:
		return nil, err.Error()
	case !names(runtime.GOOS, workspace, root):
		return nil, "belongs to another workspace, " + workspace
	case !ownedByUser(dir, root):
		return nil, "belongs to another user"
	}
	ob, err := Open(dir)
	if err != nil {
		return nil, err.Error()
	}
	return ob, ""
}

// workspaceHashes are the names that Bazel gives the output base of a
// workspace: the md5 of its path as the client sees it, which has links
// resolved where the shell's working folder has (getcwd). Both are tried.
func workspaceHashes(root string) []string {
	hashes := []string{md5Hex(root)}
	if real := resolved(root); real != root {
		hashes = append(hashes, md5Hex(real))
	}
	return hashes
}

func md5Hex(path string) string {
	sum := md5.Sum([]byte(path))
	return hex.EncodeToString(sum[:])
}

// defaultUserRoots are the output user roots that Bazel takes by itself, by
// system. Several where versions differ.
func defaultUserRoots(env Environment) []string {
	name := "_bazel_" + env.User
	if tmp := env.Getenv("TEST_TMPDIR"); tmp != "" {
		return []string{filepath.Join(tmp, name)}
	}
	var roots []string
	switch env.GOOS {
	case "darwin":
		// XDG_CACHE_HOME counts from 8.0 on (blaze_util_darwin.cc).
		if xdg := env.Getenv("XDG_CACHE_HOME"); filepath.IsAbs(xdg) {
			roots = append(roots, filepath.Join(xdg, "bazel", name))
		}
		roots = append(roots, filepath.Join("/private/var/tmp", name), filepath.Join("/var/tmp", name))
	case "windows":
		// %BAZEL_OUTPUT_ROOT% is no variable of Bazel's; the home folder's
		// drive carries it, or failing that C:\ (blaze_util_windows.cc).
		if home := strings.TrimRight(env.Home, `\/`); home != "" {
			roots = append(roots, filepath.Join(home, name))
		}
		roots = append(roots, `C:\`+name)
	default:
		if xdg := env.Getenv("XDG_CACHE_HOME"); filepath.IsAbs(xdg) {
			roots = append(roots, filepath.Join(xdg, "bazel", name))
		}
		if env.Home != "" {
			roots = append(roots, filepath.Join(env.Home, ".cache", "bazel", name))
		}
		roots = append(roots, filepath.Join("/tmp", "bazel", name))
	}
	return roots
}
