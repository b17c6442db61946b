// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/input"
)

// Armed is what an armed server does.
type Armed struct {
	Folder string // where its dump will lie
	Gzip   bool   // JDK 17 and later: some tenth of the size
}

// Arm makes the running server leave a heap dump when it runs out of memory,
// gzip'd where the JVM can, in its output base, where every other command here
// looks for it. It lasts as long as the server. That it was done is noted below
// dir, for IsArmed.
func Arm(ctx context.Context, s *server.Server, dir string) (Armed, error) {
	armed := Armed{Folder: s.OutputBase}
	if err := setFlag(ctx, s, "HeapDumpPath", s.OutputBase); err != nil {
		return armed, err
	}
	armed.Gzip = setFlag(ctx, s, "HeapDumpGzipLevel", "1") == nil
	if err := setFlag(ctx, s, "HeapDumpOnOutOfMemoryError", "true"); err != nil {
		return armed, err
	}
	// Without the note it is armed all the same, and nobody says so later.
	_ = filecache.Write(armedNote(dir, s.OutputBase), []byte(s.Identity()))
	return armed, nil
}

// IsArmed is whether this server was armed, as far as it was noted below dir: the
// server itself is not asked, for that would stop it.
func IsArmed(ctx context.Context, dir string, s *server.Server) bool {
	text, err := input.ReadFile(ctx, armedNote(dir, s.OutputBase), 1<<10)
	return err == nil && string(text) == s.Identity()
}

func armedNote(dir, outputBase string) string {
	return filepath.Join(dir, "armed", filecache.Key(outputBase))
}

// Disarm gives the flags the values that the server was started with.
func Disarm(ctx context.Context, s *server.Server, dir string) error {
	on, path, level := "false", "", "0"
	for _, arg := range s.Args() {
		switch name, value, _ := strings.Cut(arg, "="); {
		case arg == "-XX:+HeapDumpOnOutOfMemoryError":
			on = "true"
		case arg == "-XX:-HeapDumpOnOutOfMemoryError":
			on = "false"
		case name == "-XX:HeapDumpPath":
			path = value
		case name == "-XX:HeapDumpGzipLevel":
			level = value
		}
	}
	if err := setFlag(ctx, s, "HeapDumpOnOutOfMemoryError", on); err != nil {
		return err
	}
	if path != "" {
		if err := setFlag(ctx, s, "HeapDumpPath", path); err != nil {
			return err
		}
	}
	_ = setFlag(ctx, s, "HeapDumpGzipLevel", level) // before 17 there is none
	if err := os.Remove(armedNote(dir, s.OutputBase)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// setFlag sets a manageable flag. The JVM tells a failure in words.
func setFlag(ctx context.Context, s *server.Server, name, value string) error {
	answer, err := s.Process().Do(ctx, "setflag", name, value)
	if err != nil {
		return err
	}
	if text := oneLine(answer); text != "" {
		return fmt.Errorf("setting %s: %s", name, text)
	}
	return nil
}
