// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLicences: each file of code says its licence in its first lines, in SPDX's
// form.
func TestLicences(t *testing.T) {
	t.Parallel()
	code := []string{".go", ".ts", ".mjs", ".js", ".lua", ".el"}
	files := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name == "testdata" || name == "node_modules" || name == "examples" || name == "dist" || len(name) > 2 && name[0] == '.' {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains(code, filepath.Ext(name)) {
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if head := string(text[:min(len(text), 400)]); !strings.Contains(head, "SPDX-License-Identifier: Apache-2.0\n") {
			t.Errorf("%s does not say its licence: begin it with a comment SPDX-License-Identifier: Apache-2.0", path)
		}
		return nil
	})
	if err != nil || files < 500 {
		t.Fatalf("%d files, %v", files, err)
	}
}
