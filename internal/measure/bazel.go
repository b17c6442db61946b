// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// A Bazel is a Bazel binary, as it is called for one workspace and output
// base, and what it can do.
type Bazel struct {
	Path      string // the binary
	Workspace string
	// OutputBase is our own; Startup are the user's startup options.
	OutputBase string
	Startup    []string
	// Version is what `bazel --version` tells, empty where it does not
	// (Debian's prints "no_version").
	Version string

	flags map[string][]string // commands by flag
	hurry *patience           // nil but in tests
}

// NotFoundError says that there is no Bazel to run.
type NotFoundError struct{ Path string }

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("%s: no such program; install Bazel or name it with --bazel", e.Path)
}

// Probe asks the binary for its version and its flags. It starts a server on
// our output base, once for each binary: flags come and go between versions
// (--experimental_generate_json_trace_profile became --generate_json_trace_profile
// in 5.0), and a binary that does not tell its version tells its flags.
func Probe(ctx context.Context, b Bazel) (*Bazel, error) {
	path, err := exec.LookPath(b.Path)
	if err != nil {
		return nil, &NotFoundError{b.Path}
	}
	b.Path = path
	b.Version = b.probeVersion(ctx)

	cmd := exec.CommandContext(ctx, b.Path, b.args(nil, "help", "flags-as-proto")...)
	cmd.Dir = b.Workspace
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if ctx.Err() != nil {
			// The client is gone, the server that it started is not.
			return nil, errors.Join(ctx.Err(), endProcesses(context.WithoutCancel(ctx), b.OutputBase))
		}
		return nil, fmt.Errorf("%s help flags-as-proto: %w%s", b.Path, err, lastLine(stderr.String()))
	}
	if b.flags, err = parseFlags(out); err != nil {
		return nil, fmt.Errorf("%s help flags-as-proto: %w", b.Path, err)
	}
	return &b, nil
}

// args are the arguments of one call: startup options, the command, its own.
func (b *Bazel) args(startup []string, command string, rest ...string) []string {
	args := slices.Clone(b.Startup)
	args = append(args, "--output_base="+b.OutputBase)
	args = append(args, startup...)
	return append(append(args, command), rest...)
}

// Has reports whether the command takes the flag (its name without dashes).
func (b *Bazel) Has(flag, command string) bool {
	return slices.Contains(b.flags[flag], command)
}

// probeVersion does not start a server. It runs in the workspace, where
// bazelisk finds which version to be.
func (b *Bazel) probeVersion(ctx context.Context) string {
	cmd := exec.CommandContext(ctx, b.Path, "--version")
	cmd.Dir = b.Workspace
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	version := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(out)), "bazel"))
	if version == "no_version" || strings.Contains(version, "\n") {
		return ""
	}
	return version
}

// parseFlags reads base64 of bazel_flags.FlagCollection
// (src/main/protobuf/bazel_flags.proto): repeated flag_infos = 1, each with
// name = 1, commands = 4, and, in newer versions, old_name.
func parseFlags(text []byte) (map[string][]string, error) {
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(raw, bytes.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("not base64: %w", err)
	}
	flags := make(map[string][]string)
	err = eachField(raw[:n], func(field protowire.Number, info []byte) error {
		if field != 1 {
			return nil
		}
		var name string
		var commands []string
		err := eachField(info, func(field protowire.Number, value []byte) error {
			switch field {
			case 1:
				name = string(value)
			case 4:
				commands = append(commands, string(value))
			}
			return nil
		})
		flags[name] = commands
		return err
	})
	if err == nil && len(flags) == 0 {
		err = errors.New("it names no flag")
	}
	return flags, err
}

// eachField visits the length-delimited fields of a message and passes over
// the others.
func eachField(message []byte, visit func(protowire.Number, []byte) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		if kind != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
				return protowire.ParseError(n)
			}
			message = message[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		if err := visit(number, value); err != nil {
			return err
		}
		message = message[n:]
	}
	return nil
}

// lastLine is the last line of a program's complaint, to be put behind an
// error.
func lastLine(stderr string) string {
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if last == "" {
		return ""
	}
	return ": " + last
}
