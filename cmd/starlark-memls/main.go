// SPDX-License-Identifier: Apache-2.0

// Command starlark-memls names the Starlark function that ran a Bazel server
// out of memory, on the command line and, as a language server, on the
// function's own line in the editor.
//
// Exit status: 0 on success, 1 when the request failed or no path gave a
// fact, 2 on wrong usage, 3 when a --fail-on condition holds or a budget is
// broken.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/interrupt"
	"example.invalid/starlark-memls/internal/plain"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The exit statuses that outside scripts rely on.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	exitGate   = 3
)

// run is main without the process: tests call it. A signal cancels what is
// under way, and ends the process where that does not end at once. All that is
// printed goes through plain.Writers: most of it was written by other people.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	ctx, stop := interrupt.Context(context.Background(), func() {
		os.Exit(exitCode(nil, context.Canceled, stderr))
	})
	defer stop()
	out, complaints := plain.NewWriter(stdout), plain.NewWriter(stderr)
	defer func() {
		if err := errors.Join(out.Flush(), complaints.Flush()); err != nil && code == exitOK {
			code = exitFailed
		}
	}()

	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(complaints)
	wrapFlags(root, terminalOptions(root, "").Width)
	c, err := root.ExecuteContextC(ctx)
	return exitCode(c, err, complaints)
}

// newRoot assembles the command tree anew for each run, so that nothing is
// shared between runs.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "starlark-memls",
		Short: "Name the Starlark function that ran Bazel out of memory",
		Long: `starlark-memls reads what a Bazel server that died of memory leaves behind
(trace profile, console, build events, pprof files, heap dump, its output
base), works out which Starlark function is to blame, and shows it on that
function's line.

Without arguments, in a workspace, it shows what is there and the next step.
Start with "starlark-memls report" in the workspace whose build has died, or
with "starlark-memls demo" to see it on a recorded crash.`,
		RunE:          asFailure(whatIsHere),
		Version:       versionText(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("starlark-memls {{.Version}}\n")
	root.SetFlagErrorFunc(plainFlagError)
	root.AddGroup(
		&cobra.Group{ID: "crash", Title: "After a crash:"},
		&cobra.Group{ID: "measure", Title: "Measure:"},
		&cobra.Group{ID: "look", Title: "Look closer:"},
		&cobra.Group{ID: "setup", Title: "Set up:"},
	)
	for _, c := range append(commands(), newMan()) {
		checkArguments(c)
		c.RunE = asFailure(c.RunE)
		root.AddCommand(c)
	}
	root.SetHelpCommandGroupID("setup")
	root.SetCompletionCommandGroupID("setup")
	return root
}

// A failure is an error of the request itself. Every other error that cobra
// returns is one of usage: a wrong flag, a wrong number of arguments, an
// unknown command.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// errGate is returned where a --fail-on condition holds, or a budget is broken.
var errGate = errors.New("a --fail-on condition holds, or a budget is broken")

func asFailure(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		err := run(c, args)
		if err == nil || errors.As(err, &usageError{}) {
			return err
		}
		return failure{err}
	}
}

// exitCode prints the error as lines of its own, one a cause, and tells the
// status to exit with.
func exitCode(c *cobra.Command, err error, stderr io.Writer) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errGate):
		return exitGate
	case errors.As(err, new(commandExit)):
		code := commandExit(0)
		errors.As(err, &code)
		return int(code)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "starlark-memls: interrupted")
		return exitFailed
	case errors.As(err, &failure{}):
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(stderr, "starlark-memls: "+line)
		}
		return exitFailed
	}
	fmt.Fprintf(stderr, "starlark-memls: %s; see %s --help\n", usageText(c, err), c.CommandPath())
	return exitUsage
}
