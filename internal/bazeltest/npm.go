// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bazeltest

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"
)

// Up to 2.1.0 the npm package @bazel/bazel-linux_x64 carries the Bazel of its
// own version, with a JDK in it. The sums are those of the binaries.
const npmPackage = "@bazel/bazel-linux_x64"

var npmSums = map[string]string{
	"2.1.0":  "e13581d44faad6ac807dd917e682fef20359d26728166ac35dadd8ee653a580d",
	"0.29.0": "ae34ffeea356a5e08137abfa02d6f026e93f0f21e5490c6639e31aedad4226a6",
}

// FromNpm returns the path of an old Bazel, 2.1.0 or 0.29.0, for linux-x86_64.
// It is fetched once, by npm, and kept in the repository's .cache folder.
func FromNpm(t testing.TB, version string) string {
	t.Helper()
	sum, ok := npmSums[version]
	if !ok {
		t.Fatalf("no checksum for Bazel %s of npm", version)
	}
	binary := filepath.Join(Root(t), ".cache", "bazel", "bazel-"+version)
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	if _, err := exec.LookPath("npm"); err != nil {
		t.Fatalf("no npm to get Bazel %s with: install npm: make deps", version)
	}
	if err := fetchFromNpm(t.TempDir(), version, sum, binary); err != nil {
		t.Fatalf("getting Bazel %s from npm: %v", version, err)
	}
	return binary
}

// fetchFromNpm packs the package into scratch and puts its binary into place
// in one step, so that tests in several processes may do so at once.
func fetchFromNpm(scratch, version, sum, binary string) error {
	pack := exec.Command("npm", "pack", "--silent", npmPackage+"@"+version)
	pack.Dir = scratch
	if out, err := pack.CombinedOutput(); err != nil {
		return fmt.Errorf("npm pack: %w: %s", err, out)
	}
	archives, err := filepath.Glob(filepath.Join(scratch, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return fmt.Errorf("npm pack left %d archives", len(archives))
	}
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return err
	}
	partial, err := os.CreateTemp(filepath.Dir(binary), ".partial-*")
	if err != nil {
		return err
	}
	defer os.Remove(partial.Name()) // fails, as it should, once it is renamed
	err = extractBinary(archives[0], "bazel-"+version+"-linux-x86_64", sum, partial)
	if err := errors.Join(err, partial.Chmod(0o755), partial.Close()); err != nil {
		return err
	}
	return os.Rename(partial.Name(), binary)
}

// extractBinary writes the file of that base name in a .tgz to w, and checks
// its SHA-256.
func extractBinary(archive, name, sum string, w io.Writer) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	inflated, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", archive, err)
	}
	for entries := tar.NewReader(inflated); ; {
		entry, err := entries.Next()
		if err != nil {
			return fmt.Errorf("looking for %s in %s: %w", name, archive, err)
		}
		if path.Base(entry.Name) != name {
			continue
		}
		hash := sha256.New()
		if _, err := io.Copy(io.MultiWriter(w, hash), entries); err != nil {
			return fmt.Errorf("extracting %s: %w", name, err)
		}
		if got := hex.EncodeToString(hash.Sum(nil)); got != sum {
			return fmt.Errorf("%s has SHA-256 %s, want %s", name, got, sum)
		}
		return nil
	}
}
