// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bazeltest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A stand-in for the binary: these tests start no Bazel.
var none = WorkspaceOptions{Bazel: "/nonexistent/bazel"}

func TestCopyHoldsWhatBazelReads(t *testing.T) {
	t.Parallel()
	w := New(t, "memory-eater", none)
	for _, name := range []string{"WORKSPACE", ".bazelrc", ".bazelignore", "cpu/chain/BUILD", "modern/closures.bzl", "third_party/ext/rules/tally.bzl"} {
		if _, err := os.Stat(filepath.Join(w.Dir, name)); err != nil {
			t.Errorf("not in the copy: %v", err)
		}
	}
	for _, name := range []string{"measurements", "record", "describe_recording.py"} {
		if _, err := os.Lstat(filepath.Join(w.Dir, name)); err == nil {
			t.Errorf("%s is in the copy", name)
		}
	}
}

func TestFixChangesOneWordAndBreakUndoesIt(t *testing.T) {
	t.Parallel()
	w := New(t, "memory-eater", none)
	read := func() []string {
		text, err := os.ReadFile(filepath.Join(w.Dir, EaterFile))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(text), "\n")
	}
	before := read()
	w.Fix(t)
	after := read()
	changed := 0
	for i := range before {
		if before[i] != after[i] {
			changed++
		}
	}
	if len(before) != len(after) || changed != 1 {
		t.Errorf("the fix changed %d lines and %d to %d in number, want one line", changed, len(before), len(after))
	}
	w.Break(t)
	if got := strings.Join(read(), "\n"); got != strings.Join(before, "\n") {
		t.Error("Break did not undo Fix")
	}
}

func TestDefaultOutputBaseIsNamedAfterTheWorkspace(t *testing.T) {
	t.Parallel()
	// Computed by md5sum(1).
	if got, want := md5Hex("/srv/build/memory-eater"), "61caaa0d05f207c1a15d55b56f0f9607"; got != want {
		t.Errorf("md5Hex = %s, want %s", got, want)
	}
	w := New(t, "memory-eater", WorkspaceOptions{Bazel: none.Bazel, DefaultOutputBase: true})
	parent := filepath.Join(w.Home, ".cache", "bazel", "_bazel_builder")
	if filepath.Dir(w.OutputBase) != parent {
		t.Errorf("output base %s is not in %s", w.OutputBase, parent)
	}
}

func TestAStrangersProcessIsNotTheServer(t *testing.T) {
	t.Parallel()
	w := New(t, "memory-eater", none)
	pidFile := filepath.Join(w.OutputBase, "server", "server.pid.txt")
	if err := os.MkdirAll(filepath.Dir(pidFile), 0o755); err != nil {
		t.Fatal(err)
	}
	// Process 1 runs, but not with our output base.
	if err := os.WriteFile(pidFile, []byte("1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if pid := w.ServerPID(); pid != 0 {
		t.Errorf("ServerPID = %d, want 0", pid)
	}
}

func TestExtractBinary(t *testing.T) {
	t.Parallel()
	content := []byte("#!/bin/sh\n")
	sum := sha256.Sum256(content)
	archive := filepath.Join(t.TempDir(), "package.tgz")
	writeArchive(t, archive, map[string][]byte{"package/LICENSE": []byte("x"), "package/bazel-9": content})

	tests := []struct {
		name, file, sum, wantErr string
	}{
		{"right", "bazel-9", hex.EncodeToString(sum[:]), ""},
		{"another sum", "bazel-9", strings.Repeat("0", 64), "SHA-256"},
		{"no such file", "bazel-8", "", "looking for bazel-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := extractBinary(archive, test.file, test.sum, &out)
			switch {
			case test.wantErr == "" && err != nil:
				t.Fatal(err)
			case test.wantErr == "" && !bytes.Equal(out.Bytes(), content):
				t.Errorf("extracted %q, want %q", out.Bytes(), content)
			case test.wantErr != "" && (err == nil || !strings.Contains(err.Error(), test.wantErr)):
				t.Errorf("error %v, want one with %q", err, test.wantErr)
			}
		})
	}
}

func writeArchive(t *testing.T, path string, files map[string][]byte) {
	t.Helper()
	var packed bytes.Buffer
	deflater := gzip.NewWriter(&packed)
	writer := tar.NewWriter(deflater)
	for name, content := range files {
		if err := writer.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := deflater.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
