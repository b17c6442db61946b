// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/binary"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// withoutBounds leaves the least and greatest values of columns and pages out of
// a Parquet file, with the indexes of its pages, all of which are optional. A
// file of one build is too small to skip anything in, and they are 40 % of it.
// The library can be told to leave them out, but then writes wrong ones, by
// which DuckDB skips rows.
func withoutBounds(file []byte) ([]byte, error) {
	const magic = "PAR1"
	end := len(file) - len(magic) - 4
	length := int(binary.LittleEndian.Uint32(file[end:]))
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), file[end-length:end], &meta); err != nil {
		return nil, fmt.Errorf("reading the footer: %w", err)
	}
	var pages int64
	for _, group := range meta.RowGroups {
		for i := range group.Columns {
			c := &group.Columns[i]
			c.OffsetIndexOffset, c.OffsetIndexLength, c.ColumnIndexOffset, c.ColumnIndexLength = 0, 0, 0, 0
			m := &c.MetaData
			m.Statistics, m.SizeStatistics, m.EncodingStats = format.Statistics{}, format.SizeStatistics{}, nil
			begin := m.DataPageOffset
			if m.DictionaryPageOffset > 0 {
				begin = min(begin, m.DictionaryPageOffset)
			}
			pages = max(pages, begin+m.TotalCompressedSize)
		}
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		return nil, fmt.Errorf("writing the footer: %w", err)
	}
	short := append(file[:pages:pages], footer...)
	short = binary.LittleEndian.AppendUint32(short, uint32(len(footer)))
	return append(short, magic...), nil
}
