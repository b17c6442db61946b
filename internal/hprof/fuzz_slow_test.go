// SPDX-License-Identifier: Apache-2.0

//go:build slow

package hprof

import (
	"bytes"
	"flag"
	"os/exec"
	"testing"
	"time"
)

var fuzzFor = flag.Duration("fuzz-for", 30*time.Minute, "how long TestFuzzLong fuzzes the reader")

// TestFuzzLong runs FuzzOpen for half an hour, in one process: `go test -fuzz`
// takes the machine for itself and runs one target at a time, so that it cannot
// be part of an ordinary test. What it finds it leaves in testdata/fuzz, as
// always.
func TestFuzzLong(t *testing.T) {
	fuzz := exec.CommandContext(t.Context(), "go", "test", "-run", "^$", "-fuzz", "^FuzzOpen$",
		"-fuzztime", fuzzFor.String(), "-fuzzminimizetime", "5s", "-parallel", "1", "-timeout", "0", ".")
	out, err := fuzz.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	t.Logf("%s", bytes.Join(lines[max(0, len(lines)-3):], []byte("\n")))
}
