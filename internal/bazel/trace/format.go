// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
)

// A FormatError says that the input is not a JSON trace profile.
type FormatError struct {
	Found  string // what it is, or looks like
	Advice string // what to do
}

// Error gives both in one line.
func (e *FormatError) Error() string {
	return "not a JSON trace profile: " + e.Found + "; " + e.Advice
}

const (
	adviceProfile = "give the file that Bazel wrote for --profile (by default command.profile.gz in the output base)"
	adviceOld     = "record it again with a Bazel that writes JSON (--experimental_generate_json_trace_profile from 0.18, the default from 4)"
)

// oldBinaryMagic starts Bazel's profile before JSON, inside a zlib stream
// (Profiler.java up to 0.29: MAGIC).
const oldBinaryMagic = 0x11223344

// isOldBinary reports whether a file that starts with head is that format.
func isOldBinary(head []byte) bool {
	if len(head) < 2 || head[0] != 0x78 || (uint(head[0])<<8|uint(head[1]))%31 != 0 {
		return false // no zlib header (RFC 1950)
	}
	z, err := zlib.NewReader(bytes.NewReader(head))
	if err != nil {
		return false
	}
	var magic [4]byte
	_, err = io.ReadFull(z, magic[:])
	return err == nil && binary.BigEndian.Uint32(magic[:]) == oldBinaryMagic
}

// signatures are the formats that lie beside a profile, or are taken for one.
var signatures = []struct{ prefix, found, advice string }{
	{"JAVA PROFILE 1.0", "a Java heap dump", "give it as a heap dump"},
	{"PK\x03\x04", "a zip or jar archive", "unpack it and give the profile in it"},
	{"\x7fELF", "an executable", adviceProfile},
	{"\xfd7zXZ", "xz-compressed data", "unpack it first"},
	{"\x28\xb5\x2f\xfd", "zstd-compressed data", "unpack it first"},
	{"BZh", "bzip2-compressed data", "unpack it first"},
	{"\x1f\x8b", "gzip inside gzip, more than twice", "unpack it once first"},
	{"INFO: ", "console output of Bazel", "give it as a console log"},
	{"ERROR: ", "console output of Bazel", "give it as a console log"},
	{"FATAL: ", "console output of Bazel", "give it as a console log"},
	{"Loading: ", "console output of Bazel", "give it as a console log"},
	{"<", "markup (XML or HTML)", adviceProfile},
}

// unknownFormat says what a file is that starts with head and is no JSON.
func unknownFormat(head []byte) *FormatError {
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.prefix)) {
			return &FormatError{Found: s.found, Advice: s.advice}
		}
	}
	for _, b := range head {
		if b < ' ' && b != '\n' && b != '\r' && b != '\t' || b == 0x7f {
			if head[0] == 0x0a { // field 1, of variable length: sample_type
				return &FormatError{Found: "binary data, perhaps a pprof file", Advice: "give it as a pprof file"}
			}
			return &FormatError{Found: "binary data", Advice: adviceProfile}
		}
	}
	return &FormatError{Found: "text that is not JSON", Advice: adviceProfile}
}

// otherJSON says what a JSON file is that has no traceEvents; key is its
// first key.
func otherJSON(key string) *FormatError {
	switch key {
	case "id":
		return &FormatError{Found: "build event protocol (JSON)", Advice: "give it as a build event file"}
	case "":
		return &FormatError{Found: `JSON without "traceEvents"`, Advice: adviceProfile}
	}
	const longest = 40
	if len(key) > longest {
		key = key[:longest] + "…"
	}
	return &FormatError{Found: `JSON without "traceEvents" (it starts with "` + key + `")`, Advice: adviceProfile}
}
