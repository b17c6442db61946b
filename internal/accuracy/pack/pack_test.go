// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	from, to := t.TempDir(), t.TempDir()
	want := map[string]string{"scenario.json": "{}", "60m-1/console": "out of memory\n", "60m-1/profile.gz": ""}
	for name, text := range want {
		path := filepath.Join(from, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	one, other := filepath.Join(to, "a-01"+Ending), filepath.Join(to, "b-01"+Ending)
	for _, file := range []string{one, other, one} {
		if err := Write(from, file); err != nil {
			t.Fatal(err)
		}
	}
	a, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(other); err != nil || !bytes.Equal(a, b) {
		t.Errorf("the same folder packed twice differs (%v)", err)
	}
	if names, err := Scenarios(to); err != nil || len(names) != 2 || names[0] != "a-01" {
		t.Errorf("Scenarios = %q, %v", names, err)
	}
	back := filepath.Join(to, "back")
	if err := Read(one, back); err != nil {
		t.Fatal(err)
	}
	for name, text := range want {
		if got, err := os.ReadFile(filepath.Join(back, filepath.FromSlash(name))); err != nil || string(got) != text {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	if err := os.WriteFile(other, a[:len(a)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Read(other, filepath.Join(to, "cut")); err == nil {
		t.Error("half a file was unpacked without a word")
	}
}
