// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/measurement"
)

// scenarioFile is beside a scenario's measurements: which workspace was built.
const scenarioFile = "scenario.json"

// collect keeps a build's parts and says in measurement.json what was run.
func (b *scenarioBuilder) collect(made *recordedBuild, s generate.Scenario, j scenarioBuild, folder string) error {
	if err := os.WriteFile(filepath.Join(folder, "console"), made.Console, 0o644); err != nil {
		return err
	}
	profile, err := os.ReadFile(b.profile())
	if err == nil && s.Field() {
		profile, err = thin(profile)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "profile.gz"), profile, 0o644)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := b.keepDump(s, j); err != nil {
		return err
	}
	limit, err := bytesOf(j.limit)
	if err != nil {
		return err
	}
	r := measurement.Record{
		Schema: 1, Command: made.Command, MemoryLimitBytes: limit, Mode: "regular", Run: strconv.Itoa(j.run),
		Start: &made.Start, End: &made.End, Status: made.status(), Workspace: b.Workspace, OutputBase: b.OutputBase,
	}
	if made.Code >= 0 {
		r.ExitCode = &made.Code
	}
	if made.hung {
		r.Stopped = "hung"
	}
	if err := writeJSON(filepath.Join(folder, "measurement.json"), r); err != nil {
		return err
	}
	return writeJSON(filepath.Join(filepath.Dir(folder), scenarioFile), map[string]string{"id": s.ID, "sources_sha256": s.Digest()})
}

// status is by the exit code (ExitCode.java); a server that we had to end
// after its heap was exhausted ran out of memory.
func (m *recordedBuild) status() measurement.Status {
	switch {
	case m.Code == 0:
		return measurement.OK
	case m.Code == 33, m.hung:
		return measurement.OutOfMemory
	case m.Code == 37:
		return measurement.ServerDied
	case m.Code == -1:
		return measurement.Timeout
	}
	return measurement.Failed
}

// keepDump moves the dump away, where one is wanted, and removes all others.
func (b *scenarioBuilder) keepDump(s generate.Scenario, j scenarioBuild) error {
	defer b.dropDumps()
	dumps, err := filepath.Glob(filepath.Join(b.OutputBase, "*.hprof"))
	if err != nil || len(dumps) == 0 || j.dumps == "" {
		return err
	}
	if err := os.MkdirAll(j.dumps, 0o755); err != nil {
		return err
	}
	return os.Rename(dumps[0], filepath.Join(j.dumps, s.ID+"_"+j.name()+".hprof"))
}

func bytesOf(limit string) (int64, error) {
	n, err := strconv.ParseInt(limit[:len(limit)-1], 10, 64)
	if err != nil || limit[len(limit)-1] != 'm' {
		return 0, fmt.Errorf("limit %q is not a number of megabytes", limit)
	}
	return n << 20, nil
}

func writeJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
