// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"example.invalid/starlark-memls/internal/filecache"
)

// Write writes the rows of a build below dir:
//
//	dir/v1/builds/date=2026-12-01/<build>.parquet
//
// and so the other tables, each in place of what an earlier run wrote of the
// same build. It gives the files that it has written and the bytes in them.
func Write(dir string, r Rows) (files []string, size int64, err error) {
	date := time.UnixMicro(r.Build.EndedMicros).UTC().Format(time.DateOnly)
	for _, table := range []struct {
		name string
		text func() ([]byte, error)
	}{
		{"builds", func() ([]byte, error) { return encode([]BuildRow{r.Build}) }},
		{"crashes", func() ([]byte, error) { return encode(r.Crashes) }},
		{"suspects", func() ([]byte, error) { return encode(r.Suspects) }},
		{"owners", func() ([]byte, error) { return encode(r.Owners) }},
	} {
		path := filepath.Join(dir, fmt.Sprintf("v%d", SchemaVersion), table.name, "date="+date, r.Build.BuildID+".parquet")
		text, err := table.text()
		if err != nil {
			return files, size, fmt.Errorf("%s: %w", path, err)
		}
		if text == nil {
			if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
				return files, size, err
			}
			continue
		}
		if err := filecache.WriteShared(path, text); err != nil {
			return files, size, err
		}
		files, size = append(files, path), size+int64(len(text))
	}
	return files, size, nil
}

// encode writes rows as Parquet; nil where there are none.
func encode[T any](rows []T) ([]byte, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	options := []parquet.WriterOption{parquet.CreatedBy("starlark-memls", SignatureVersion, ""), parquet.DefaultEncoding(&parquet.Plain),
		parquet.DataPageVersion(1), parquet.DataPageStatistics(false)}
	const worthPacking = 10
	if len(rows) >= worthPacking {
		options = append(options, parquet.Compression(&zstd.Codec{}))
	}
	w := parquet.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return withoutBounds(b.Bytes())
}
