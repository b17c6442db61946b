//go:build editors && bench

package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"starlark-memls/bazeltest"
)

// TestTyping measures the time from key to paint in VS Code, with the
// extension and without, in a file of 5,000 lines with lenses. At the median
// the extension may add a tenth. For a machine with nothing else to do.
func TestTyping(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.Options{DefaultOutputBase: true})
	path := filepath.Join(w.Dir, filepath.FromSlash(bazeltest.EaterFile))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var long strings.Builder
	long.Write(text)
	for i := 0; strings.Count(long.String(), "\n") < 5000; i++ {
		fmt.Fprintf(&long, "\ndef _filler_%d(ctx):\n    \"\"\"Does nothing.\"\"\"\n    if ctx:\n        return [%d]\n    return []\n", i, i)
	}
	// The cursor stands above the culprit's lens, which is on the screen.
	all := strings.Replace(long.String(), "def traverse_impl", "# a comment to type into\n\ndef traverse_impl", 1)
	if err := os.WriteFile(path, []byte(all), 0o600); err != nil {
		t.Fatal(err)
	}
	crash(t, w)
	driveVSCode(t, w, "typing.mjs")
}
