// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"archive/zip"
	"bytes"
	"io"

	"github.com/klauspost/compress/zstd"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
)

// A heap dump is the one kind of evidence that people pack in other ways than
// gzip, for its size: other archives stay refused.

var (
	dumpMagic   = []byte("JAVA PROFILE 1.0.")
	flightMagic = []byte("FLR\x00") // Java Flight Recorder
)

// isPackedDump reports whether a file that begins with head is a heap dump in
// zstd or zip.
func isPackedDump(file io.ReaderAt, size int64, head []byte) bool {
	switch {
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		z, err := zstd.NewReader(bytes.NewReader(head), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return false
		}
		defer z.Close()
		return beginsWithDump(z)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		archive, err := zip.NewReader(file, size)
		if err != nil {
			return false
		}
		for _, entry := range archive.File {
			if !outputbase.IsHeapDumpName(entry.Name) && len(archive.File) > 1 {
				continue
			}
			if r, err := entry.Open(); err == nil {
				inflated, _, _, err := readHead(r)
				_ = r.Close()
				if err == nil && bytes.HasPrefix(inflated, dumpMagic) {
					return true
				}
			}
		}
	}
	return false
}

func beginsWithDump(r io.Reader) bool {
	b := make([]byte, len(dumpMagic))
	_, err := io.ReadFull(r, b)
	return err == nil && bytes.Equal(b, dumpMagic)
}
