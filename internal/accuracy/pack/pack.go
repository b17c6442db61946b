// SPDX-License-Identifier: Apache-2.0

// Package pack keeps a recorded scenario in one file: a checkout, a search and
// the module's download then pay for a hundred files and not for thousands.
//
// A file is a tar in zstd. The same folder gives the same bytes: names are
// sorted, and times and owners are left out.
package pack

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Ending ends the name of a scenario's file.
const Ending = ".tar.zst"

// Write packs the regular files below dir into file, in place of what it was.
func Write(dir, file string) (err error) {
	out, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(out.Name()))
		}
	}()
	if err := errors.Join(write(out, dir), out.Chmod(0o644), out.Close()); err != nil {
		return fmt.Errorf("packing %s: %w", dir, err)
	}
	return os.Rename(out.Name(), file)
}

func write(out io.Writer, dir string) error {
	compressed, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	archive := tar.NewWriter(compressed)
	walk := func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		header := &tar.Header{Name: filepath.ToSlash(name), Mode: 0o644, Size: int64(len(text)), Format: tar.FormatPAX}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		_, err = archive.Write(text)
		return err
	}
	return errors.Join(filepath.WalkDir(dir, walk), archive.Close(), compressed.Close())
}

// Read unpacks a scenario's file into dir, which is made.
func Read(file, dir string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	decompressed, err := zstd.NewReader(in)
	if err != nil {
		return err
	}
	defer decompressed.Close()
	archive := tar.NewReader(decompressed)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("unpacking %s: %w", file, err)
		}
		if !filepath.IsLocal(header.Name) {
			return fmt.Errorf("unpacking %s: %q leads out of it", file, header.Name)
		}
		if err := put(filepath.Join(dir, filepath.FromSlash(header.Name)), archive); err != nil {
			return fmt.Errorf("unpacking %s: %w", file, err)
		}
	}
}

func put(path string, text io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, text)
	return errors.Join(err, out.Close())
}

// Scenarios are the names of what is packed in a folder, sorted.
func Scenarios(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"+Ending))
	if err != nil {
		return nil, err
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), Ending)
	}
	return files, nil
}
