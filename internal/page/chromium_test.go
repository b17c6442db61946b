// SPDX-License-Identifier: Apache-2.0

//go:build editors

package page

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestChromium opens pages in a real browser: under the page's own policy its script
// runs, and the picture is there, with names for who does not see it, in any width.
func TestChromium(t *testing.T) {
	t.Parallel()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "page.html")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(f, large()); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{460, 1600} {
		c := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(dir, fmt.Sprint(width)), fmt.Sprintf("--window-size=%d,900", width),
			"--virtual-time-budget=20000", "--enable-logging=stderr", "--dump-dom", (&url.URL{Scheme: "file", Path: file}).String())
		var complaints strings.Builder
		c.Stderr = &complaints
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v\n%s", err, complaints.String())
		}
		for _, want := range []string{`role="tree"`, `role="treeitem"[^>]*aria-label="the live heap, [\d.]+ GiB, 100 % of all, 30 inside"`, `aria-activedescendant="item0"`, `<canvas[^>]* height="`, `<button type="button" title="the live heap" aria-current="location">`} {
			if !regexp.MustCompile(want).Match(out) {
				t.Errorf("%d pixels wide, the page has no %s", width, want)
			}
		}
		if regexp.MustCompile(`CONSOLE.*"(Refused|Uncaught)`).MatchString(complaints.String()) {
			t.Errorf("the browser complains: %s", complaints.String())
		}
	}
}
