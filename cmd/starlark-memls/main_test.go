// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.invalid/starlark-memls/examples"
	"example.invalid/starlark-memls/internal/hprof/hproftest"
)

var update = flag.Bool("update", false, "rewrite the golden parts of the scripts")

// asProgram makes this test binary the program itself.
const asProgram = "STARLARK_MEMLS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(countedVariable) != "" {
		counted()
		return
	}
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	testscript.Main(m, map[string]func(){"starlark-memls": main})
}

// TestScripts runs the command line as outside scripts do. Each script starts
// in an empty folder, with the example workspace in $EATER.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			eater := filepath.Join(env.WorkDir, "memory-eater")
			env.Setenv("EATER", eater)
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			env.Setenv("USER", "builder")
			return os.CopyFS(eater, examples.MemoryEater())
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"dump":  dump,
			"exits": exits,
			"fill":  fill,
			"found": found,
			"head":  head,
		},
	})
}

// exits STATUS COMMAND… runs a command and checks its exit status; stdout and
// stderr are matched as after exec.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// dump FILE makes a heap dump: thirty targets with a list of five strings each,
// and a variable with one of forty.
func dump(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: dump FILE")
	}
	ts.Check(hproftest.Heap{Targets: 30, Strings: 5, Local: 40}.Open().Save(ts.MkAbs(args[0])))
}

// found NAME REGEXP sets a variable to what the parentheses match in stdout.
func found(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: found NAME REGEXP")
	}
	m := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(m) != 2 {
		ts.Fatalf("%s is not in the output", args[1])
	}
	ts.Setenv(args[0], m[1])
}

// fill FILE BYTES noise|line makes a file too large to stand in a script.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: fill FILE BYTES noise|line")
	}
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	content := make([]byte, size)
	switch args[2] {
	case "noise":
		state := uint64(42)
		for i := range content {
			state = state*6364136223846793005 + 1442695040888963407
			content[i] = byte(state >> 56)
		}
	case "line": // JSON in a single line, and no trace profile
		content = append(bytes.Repeat([]byte(`{"a":[1,2,3],"b":"xyz"},`), size/24), "{}"...)
		content = append([]byte("["), append(content, ']')...)
	default:
		ts.Fatalf("fill with noise or a line, not with %s", args[2])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o644))
}

// head FROM BYTES TO copies the start of a file.
func head(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: head FROM BYTES TO")
	}
	content, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), content[:min(size, len(content))], 0o644))
}

// TestHelpNamesEveryCommand keeps --help, the contract and the commands
// together.
func TestHelpNamesEveryCommand(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if code := run([]string{"--help"}, strings.NewReader(""), &out, &out); code != exitOK {
		t.Fatalf("--help exits %d", code)
	}
	for _, c := range commands() {
		if c.Short == "" || c.GroupID == "" || !strings.Contains(out.String(), fmt.Sprintf("  %-11s %s", c.Name(), c.Short)) {
			t.Errorf("--help does not list %q with its line %q", c.Name(), c.Short)
		}
	}
}
