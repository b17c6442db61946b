// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"

	"example.invalid/starlark-memls/internal/input"
)

// pprofUntyped is a pprof file whose sample type is not told by its head.
const pprofUntyped Part = "pprof"

// maxPprofBytes bounds what is inflated to find a pprof file's sample type.
const maxPprofBytes = 256 << 20

// recogniseProto tells the protocol buffers that Bazel writes: pprof, a
// failure detail, a binary BEP (refused), and the old zlib profile (refused).
//
// A protocol buffer has no magic number; what tells is the first field. A
// pprof file starts with a ValueType (field 1, a message of two varints, at
// most), a failure detail with its message (field 1, a text), a binary BEP
// with the length of its first event, which starts with an event id.
func recogniseProto(head []byte) (Part, *UnknownFormatError) {
	if isOldProfile(head) {
		return "", oldProfile()
	}
	if bytes.HasPrefix(head, []byte{0x32, 0x00}) {
		// The CPU profiler writes the string table first, and its first
		// entry is empty by pprof's rules.
		return pprofUntyped, nil
	}
	field, ok := firstField(head)
	if ok && field != nil {
		switch {
		case isValueType(field):
			return pprofUntyped, nil
		case len(field) > 0 && utf8.Valid(field) && looksLikeText(field) && !bytes.ContainsAny(field[:1], "\n\r"):
			if rest := head[headerLen(field):]; len(rest) >= len(field) && protoFollows(rest[len(field):]) {
				return FailureDetail, nil
			}
		}
	}
	if length, n := binary.Uvarint(head); n > 0 && length > 2 && length < 16<<20 && len(head) > n+2 && head[n] == 0x0a {
		if id, ok := firstField(head[n:]); ok && len(id) >= 2 && id[0]&7 == 2 && !looksLikeText(head) {
			return "", &UnknownFormatError{Is: "a build event file in the binary form",
				Advice: "record it with --build_event_json_file instead of --build_event_binary_file"}
		}
	}
	return "", nil
}

// firstField is the payload of field 1 where the content starts with one of
// wire type 2, and its length fits.
func firstField(data []byte) ([]byte, bool) {
	if len(data) < 2 || data[0] != 0x0a {
		return nil, false
	}
	length, n := binary.Uvarint(data[1:])
	if n <= 0 || length > uint64(len(data)-1-n) {
		return nil, false
	}
	return data[1+n : 1+n+int(length)], true
}

// headerLen is how many bytes key and length of field 1 take.
func headerLen(payload []byte) int {
	return 1 + len(binary.AppendUvarint(nil, uint64(len(payload))))
}

// protoFollows reports whether more fields, or nothing, follow.
func protoFollows(rest []byte) bool {
	if len(rest) == 0 {
		return true
	}
	key, n := binary.Uvarint(rest)
	wire := key & 7
	return n > 0 && key>>3 > 0 && key>>3 < 1<<16 && (wire == 0 || wire == 2)
}

// isValueType reports whether a message is pprof's ValueType: type = 1 and
// unit = 2, both varints.
func isValueType(message []byte) bool {
	if len(message) == 0 || len(message) > 22 {
		return false
	}
	for len(message) > 0 {
		if message[0] != 0x08 && message[0] != 0x10 {
			return false
		}
		_, n := binary.Uvarint(message[1:])
		if n <= 0 {
			return false
		}
		message = message[1+n:]
	}
	return true
}

// isOldProfile looks for the magic 0x11223344 inside a zlib stream.
func isOldProfile(head []byte) bool {
	if len(head) < 2 || head[0] != 0x78 {
		return false
	}
	inflated, err := zlib.NewReader(bytes.NewReader(head))
	if err != nil {
		return false
	}
	var magic [4]byte
	_, err = io.ReadFull(inflated, magic[:])
	return err == nil && magic == [4]byte{0x11, 0x22, 0x33, 0x44}
}

// pprofPart tells which of Bazel's two pprof files this is, by the name of
// the sample type, which stands in the string table at the file's end.
func pprofPart(ctx context.Context, path string) (Part, error) {
	file, err := input.Open(ctx, path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	var source io.Reader = bufio.NewReader(file)
	if magic, _ := source.(*bufio.Reader).Peek(2); bytes.Equal(magic, gzipMagic) {
		if source, err = gzip.NewReader(source); err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
	}
	data, _ := io.ReadAll(io.LimitReader(source, maxPprofBytes))
	switch {
	case bytes.Contains(data, []byte("\x32\x06memory")):
		return AllocationProfile, nil
	case bytes.Contains(data, []byte("\x32\x03CPU")):
		return CPUProfile, nil
	}
	return "", &UnknownFormatError{Path: path, Is: "a pprof file that Bazel did not write, or a cut one",
		Advice: "give one made by bazel dump --skylark_memory or --starlark_cpu_profile"}
}
