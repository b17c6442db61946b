// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// program is the binary under test, built once.
var program string

func TestMain(m *testing.M) { os.Exit(bazeltest.MainWithProgram(m, &program)) }

// environment is that of the user who owns the workspace's Bazel.
func environment(w *bazeltest.Workspace) []string {
	return []string{"HOME=" + w.Home, "USER=" + bazeltest.User, "PATH=" + os.Getenv("PATH")}
}

// run runs the program in the workspace's folder and returns its two streams
// and its exit status.
func run(t *testing.T, w *bazeltest.Workspace, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = w.Dir
	cmd.Env = environment(w)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.String(), complaints.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatalf("running starlark-memls %v: %v", args, err)
	}
	return out.String(), complaints.String(), 0
}

// document is the part of `report --format json` that outside scripts rely on.
type document struct {
	Schema       int
	Measurements []struct {
		Path             string
		Status           string
		MemoryLimitBytes int64 `json:"memory_limit_bytes"`
	}
	Functions []struct {
		Rank       int
		Name, File string
		Line       int
	}
	Crashes []struct {
		Path, Cause, Target string
		HeapDump            string `json:"heap_dump"`
		Threads             []thread
	}
}

// A thread is a Starlark stack, in a report's crash and in what heap prints.
type thread struct {
	Name, Target, Source string
	Failed               bool
	Frames               []struct {
		Function, File string
		Line           int
		Locals         []struct {
			Name, Type    string
			Length        int64
			RetainedBytes int64 `json:"retained_bytes"`
			Preview       *string
		}
	}
}

func report(t *testing.T, w *bazeltest.Workspace) document {
	t.Helper()
	out, complaints, code := run(t, w, "report", "--workspace", ".", "--format", "json")
	if code != 0 {
		t.Fatalf("report exits %d: %s", code, complaints)
	}
	var d document
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("report --format json: %v\n%s", err, out)
	}
	return d
}
