// SPDX-License-Identifier: Apache-2.0

//go:build slow

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The validators carry their schemas with them, so that the versions here say
// what is checked: Kubernetes 1.29 (the first with backoffLimitPerIndex on by
// default) to 1.37, and GitHub's workflows.
var validators = []string{"kubernetes-validate==1.37.0", "check-jsonschema==0.39.0"}

// TestScaleDocsSchemas holds the Kubernetes Job and the CI matrix of the page
// on sweeping at scale against their schemas. A field that is misspelt is
// refused, so a pass means something.
func TestScaleDocsSchemas(t *testing.T) {
	t.Parallel()
	bin := virtualEnvironment(t)
	page, err := os.ReadFile("../../docs/sweeping-at-scale.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 2 {
		t.Fatalf("the page has %d blocks of YAML, want the Job and the matrix", len(blocks))
	}
	job, matrix := blocks[0][1], blocks[1][1]
	kubernetes := func(version string) []string {
		return []string{"kubernetes-validate", "--strict", "-k", version}
	}
	github := []string{"check-jsonschema", "--builtin-schema", "vendor.github-workflows"}
	tests := []struct {
		name, yaml string
		validator  []string
		valid      bool
	}{
		{"Kubernetes 1.29", job, kubernetes("1.29"), true},
		{"Kubernetes 1.37", job, kubernetes("1.37"), true},
		{"a misspelt field", strings.Replace(job, "completionMode", "completionMood", 1), kubernetes("1.37"), false},
		{"GitHub", matrix, github, true},
		{"no runner", strings.Replace(matrix, "runs-on", "runs-at", 1), github, false},
	}
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "document.yaml")
		if err := os.WriteFile(path, []byte(tt.yaml), 0o644); err != nil {
			t.Fatal(err)
		}
		args := append(tt.validator[1:], path)
		out, err := exec.Command(filepath.Join(bin, tt.validator[0]), args...).CombinedOutput()
		if (err == nil) != tt.valid {
			t.Errorf("%s: valid %t, want %t (%v)\n%s", tt.name, err == nil, tt.valid, err, out)
		}
	}
}

// virtualEnvironment installs the validators for this test alone.
func virtualEnvironment(t *testing.T) (bin string) {
	t.Helper()
	dir := t.TempDir()
	bin = filepath.Join(dir, "bin")
	for _, command := range [][]string{
		{"python3", "-m", "venv", dir},
		append([]string{filepath.Join(bin, "pip"), "install", "--quiet", "--disable-pip-version-check"}, validators...),
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("installing the validators (on Debian: apt install python3-venv): %v\n%s", err, out)
		}
	}
	return bin
}
