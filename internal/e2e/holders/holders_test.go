// SPDX-License-Identifier: Apache-2.0

//go:build e2e || slow

package holders

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

var program string

func TestMain(m *testing.M) { os.Exit(bazeltest.MainWithProgram(m, &program)) }

// A holder is who holds the memory in a package of examples/holders.
type holder struct {
	function, file string
	query          bool // it dies while it loads
}

var holders = map[string]holder{
	"//helper":    {function: "_pairs", file: "helper/defs.bzl"},
	"@pins//:all": {function: "_parse", file: "repo/pins.bzl", query: true},
	"//aspect":    {function: "_walk", file: "aspect/defs.bzl"},
	"//macro":     {function: "_rows", file: "macro/defs.bzl"},
	"//shared":    {function: "collect", file: "shared/lib.bzl"},
	"//straw":     {function: "_hoard", file: "straw/defs.bzl"},
	"//handed":    {function: "_filled_impl", file: "handed/defs.bzl"},
	"//deep":      {function: "_table", file: "deep/defs.bzl"},
	"//brackets":  {function: "_entries", file: "brackets/defs.bzl"},
	"//inline":    {function: "_doubled", file: "inline/defs.bzl"},
	"//constants": {function: "_make", file: "constants/table.bzl"},
	"//text":      {function: "_text", file: "text/defs.bzl"},
	"//threads":   {function: "_half", file: "threads/defs.bzl"},
	"//chain":     {function: "_chain", file: "chain/defs.bzl"},
	"//nobody":    {function: "<toplevel>", file: "nobody/BUILD"},
}

// attempts bounds the crashes that are made for one whose dump can tell.
const attempts = 4

// TestHolders: the holder is first and sure, and nobody else is called sure. A dump
// that came too late, its heap let go, or that the server died over, cannot tell and
// says so; then another crash is made.
func TestHolders(t *testing.T) {
	for target, want := range holders {
		if len(targets) > 0 && !targets[target] {
			continue
		}
		for run := range runs {
			t.Run(fmt.Sprintf("%s/%d", target, run+1), func(t *testing.T) {
				t.Parallel()
				for range attempts {
					w := bazeltest.New(t, "holders", bazeltest.WorkspaceOptions{NoLinks: true})
					arguments := []string{"build", "--nobuild", "--symlink_prefix=/", target}
					if want.query {
						arguments = []string{"query", target}
					}
					if r := w.Run(t, "128m", arguments...); !r.Crashed() {
						t.Fatalf("exit code %d:\n%s", r.ExitCode, r.Console)
					}
					if check(t, w, want) {
						return
					}
				}
				t.Errorf("none of %d crashes left a dump that can tell", attempts)
			})
		}
	}
}

// check reports whether the dump could tell; in any case what is said must be right.
func check(t *testing.T, w *bazeltest.Workspace, want holder) bool {
	t.Helper()
	cmd := exec.Command(program, "report", "--format", "json", "--workspace", ".", w.OutputBase)
	cmd.Dir = w.Dir
	cmd.Env = []string{"HOME=" + w.Home, "USER=" + bazeltest.User, "PATH=" + os.Getenv("PATH")}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Functions []struct{ Name, File, Verdict string }
		Warnings  []string
	}
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatal(err)
	}
	for i, f := range d.Functions {
		right := f.Name == want.function && f.File == want.file
		if f.Verdict == "sure" && !right {
			t.Errorf("%s in %s is called sure, no. %d", f.Name, f.File, i+1)
		}
	}
	for _, warning := range d.Warnings {
		if strings.Contains(warning, "were alive when the dump was written") || strings.Contains(warning, "heap dump is empty") {
			t.Log(warning)
			return false
		}
	}
	if len(d.Functions) == 0 || d.Functions[0].Name != want.function || d.Functions[0].File != want.file || d.Functions[0].Verdict != "sure" {
		t.Errorf("want %+v: %+v; %q", want, d.Functions, d.Warnings)
	}
	return true
}
