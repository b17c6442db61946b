// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/dump"
	"example.invalid/starlark-memls/internal/input"
)

// What a file is, is told by its first bytes and never by its name alone:
// people rename profiles, compress consoles and keep a trace under
// "memory.profile". The name decides only where there are no bytes (a file
// that Bazel opened and never got to write), and, among texts, which ones
// were meant as a console.
//
// headBytes of the inflated content are looked at. That is enough for every
// format but one: the traces' and BEPs' first line tells, dumps and archives
// have a magic number. A job's log may come to Bazel late, behind megabytes of
// other tools' output, so a text is read on until Bazel speaks, up to
// maxLogBytes; one of many in a folder, which nobody named, up to maxEntryBytes.
const (
	firstBytes    = 8 << 10 // enough for most
	headBytes     = 64 << 10
	maxLogBytes   = 1 << 30
	maxEntryBytes = 64 << 20
)

// A FileKind is what a file was recognised as.
type FileKind struct {
	Part Part
	// Empty: Bazel opened the file and nothing was flushed before its
	// server died (0 bytes, or a gzip header alone). That is evidence.
	Empty bool
	// Gzip: the file is compressed.
	Gzip bool
}

// An UnknownFormatError says what a file is instead of evidence, and what to
// do about it.
type UnknownFormatError struct {
	Path   string
	Is     string // "a zip archive"
	Advice string // may be empty

	text bool // it is text, of which only the beginning was looked at
}

func (e *UnknownFormatError) Error() string {
	text := fmt.Sprintf("%s: this is %s", e.Path, e.Is)
	if e.Advice != "" {
		text += "; " + e.Advice
	}
	return text
}

// Sniff tells what a file is. A file that is no evidence gives an
// *UnknownFormatError; one that cannot be read, a wrapped *fs.PathError.
func Sniff(ctx context.Context, path string) (FileKind, error) { return sniff(ctx, path, maxLogBytes) }

// sniff is Sniff with a bound on how much of a text is read.
func sniff(ctx context.Context, path string, limit int64) (FileKind, error) {
	kind, err := sniffHead(ctx, path)
	var refusal *UnknownFormatError
	if errors.As(err, &refusal) && refusal.text && bazelSpeaks(ctx, path, limit) {
		return FileKind{Part: Console, Gzip: kind.Gzip}, nil
	}
	return kind, err
}

// isEmpty reports whether nothing was flushed into a file. What holds anything,
// compressed or not, is told by its size, without a second look at its head.
func isEmpty(ctx context.Context, path string) bool {
	const emptyGzip = 1 << 10 // with a header that names the file
	info, err := os.Stat(path)
	if err != nil || info.Size() > emptyGzip {
		return false
	}
	kind, err := Sniff(ctx, path)
	return err == nil && kind.Empty
}

// bazelSpeaks reads a text to where Bazel first says something.
func bazelSpeaks(ctx context.Context, path string, limit int64) bool {
	file, err := input.Open(ctx, path)
	if err != nil {
		return false
	}
	defer file.Close()
	source, err := Inflated(file)
	return err == nil && console.Speaks(source, limit)
}

// sniffHead is Sniff for what the first bytes tell.
func sniffHead(ctx context.Context, path string) (FileKind, error) {
	file, err := input.Open(ctx, path)
	if errors.Is(err, input.ErrNotRegular) {
		return FileKind{}, &UnknownFormatError{Path: path, Is: errors.Unwrap(err).Error()}
	}
	if err != nil {
		return FileKind{}, err
	}
	defer file.Close()
	head, rest, kind, err := readHead(file)
	if err != nil {
		return FileKind{}, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	if len(head) == 0 {
		kind.Part, kind.Empty = partOfName(filepath.Base(path)), true
		if kind.Part == "" {
			return FileKind{}, &UnknownFormatError{Path: path, Is: "an empty file"}
		}
		return kind, nil
	}
	if isPackedDump(file, file.Size(), head) {
		return FileKind{Part: HeapDump}, nil
	}
	part, refusal := recognise(head)
	if refusal != nil && len(head) == firstBytes {
		more, _ := io.ReadAll(io.LimitReader(rest, headBytes-firstBytes))
		part, refusal = recognise(append(head, more...))
	}
	if refusal != nil {
		refusal.Path = path
		return FileKind{Gzip: kind.Gzip}, refusal
	}
	if part == pprofUntyped {
		part = pprofByName(filepath.Base(path))
	}
	if part == "" {
		if part, err = pprofPart(ctx, path); err != nil {
			return FileKind{}, err
		}
	}
	kind.Part = part
	return kind, nil
}

// readHead reads the first firstBytes, inflated where the file is compressed.
// A compressed file that was cut gives what there is.
func readHead(r io.Reader) (head []byte, rest io.Reader, kind FileKind, err error) {
	buffered := bufio.NewReaderSize(r, 4<<10)
	magic, err := buffered.Peek(2)
	if err != nil && err != io.EOF {
		return nil, nil, FileKind{}, err
	}
	if !bytes.Equal(magic, gzipMagic) {
		head, err := io.ReadAll(io.LimitReader(buffered, firstBytes))
		return head, buffered, FileKind{}, err
	}
	inner, err := Inflated(buffered)
	if err != nil {
		return nil, nil, FileKind{Gzip: true}, nil // a cut header
	}
	head, err = io.ReadAll(io.LimitReader(inner, firstBytes))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && len(head) == 0 {
		return nil, nil, FileKind{}, fmt.Errorf("damaged gzip data: %w", err)
	}
	return head, inner, FileKind{Gzip: true}, nil
}

// neverWritten reports whether a file is what Bazel leaves of one that it
// opened and compresses, but did not come to write: nothing, or a gzip header.
func neverWritten(ctx context.Context, path string) bool {
	const header = 10
	text, err := input.ReadFile(ctx, path, header)
	return err == nil && (bytes.HasPrefix(text, gzipMagic) || len(text) == 0 && strings.HasSuffix(path, ".gz"))
}

var gzipMagic = []byte{0x1f, 0x8b}

// recognise tells the part that content with this beginning is, or what else
// it is.
func recognise(head []byte) (Part, *UnknownFormatError) {
	for _, f := range foreign {
		if bytes.HasPrefix(head, f.magic) {
			return "", &UnknownFormatError{Is: f.is, Advice: f.advice}
		}
	}
	if bytes.HasPrefix(head, dumpMagic) {
		return HeapDump, nil
	}
	if bytes.HasPrefix(head, flightMagic) {
		return FlightRecording, nil
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		if part, refusal := recogniseJSON(text); part != "" || isJSON(text) {
			return part, refusal
		}
	}
	if part, refusal := recogniseProto(head); part != "" || refusal != nil {
		return part, refusal
	}
	return recogniseText(head)
}

// recogniseJSON tells Bazel's JSON files by their first keys. Key order is
// fixed in each of them by the code that writes it.
func recogniseJSON(text []byte) (Part, *UnknownFormatError) {
	has := func(s string) bool { return bytes.Contains(text, []byte(s)) }
	switch {
	case traceStart.Match(text):
		return Profile, nil
	case eventStart.Match(text):
		return BuildEvents, nil
	case countersStart.Match(text):
		return Counters, nil
	case retainedStart.Match(text):
		return Retained, nil
	case text[0] == '{' && has(`"schema"`) && (has(`"owners"`) || has(`"threads"`)):
		return HeapSummary, nil
	case text[0] == '[' && has(`"ph"`):
		return "", &UnknownFormatError{Is: "a trace without Bazel's header", Advice: "give the file that Bazel wrote (command.profile.gz)"}
	}
	return "", &UnknownFormatError{Is: "JSON that no Bazel wrote", Advice: "give a trace profile or a --build_event_json_file", text: true}
}

// isJSON tells JSON from a log whose first line begins with a bracket ("[0]
// INFO:", "[Pipeline] sh", "[1,021 / 3,400] Compiling"): there the first line
// is no beginning of JSON, or goes on behind it.
func isJSON(text []byte) bool {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	d := json.NewDecoder(bytes.NewReader(line))
	for depth := 0; ; {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return true
		case err != nil:
			return false
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			if depth--; depth == 0 {
				rest, _ := io.ReadAll(d.Buffered())
				return len(bytes.TrimSpace(rest)) == 0 || line[0] == '{'
			}
		}
	}
}

var (
	countersStart = regexp.MustCompile(`^\{"schema":\d+,"start":"[^"]+"[,}]`)
	retainedStart = regexp.MustCompile(`^\{\s*"schema"\s*:\s*\d+\s*,\s*"live_bytes"\s*:`)
	traceStart    = regexp.MustCompile(`^\{\s*("displayTimeUnit"\s*:\s*"[a-z]*"\s*,\s*)?"(otherData|traceEvents)"\s*:`)
	eventStart    = regexp.MustCompile(`^\{\s*"id"\s*:\s*\{\s*"(started|progress|buildFinished|unstructuredCommandLine|structuredCommandLine|buildMetadata|optionsParsed|pattern|workspace|[a-z][A-Za-z]+)"`)
)

// foreign are formats that lie about where evidence does, each with what to
// do instead.
var foreign = []struct {
	magic  []byte
	is     string
	advice string
}{
	{[]byte("PK\x03\x04"), "a zip archive", "unpack it first"},
	{[]byte("\x7fELF"), "a program", ""},
	{[]byte("\x89PNG"), "a picture", ""},
	{[]byte("BZh"), "a bzip2 archive", "unpack it first"},
	{[]byte("\xfd7zXZ\x00"), "an xz archive", "unpack it first"},
	{[]byte("\x28\xb5\x2f\xfd"), "a zstd archive", "unpack it first (Bazel's compact execution log is one: it holds no evidence of memory)"},
	{[]byte("\xca\xfe\xba\xbe"), "a Java class", ""},
}

// oldProfile is what Bazel up to 0.2x wrote: zlib, inside it 0x11223344.
func oldProfile() *UnknownFormatError {
	return &UnknownFormatError{Is: "a profile in the old binary format of Bazel before 1.0",
		Advice: "record it again with --experimental_generate_json_trace_profile (Bazel 0.20 and later)"}
}

// recogniseText tells texts: phases, rules, and consoles by the words that
// Bazel has printed since 0.29.
func recogniseText(head []byte) (Part, *UnknownFormatError) {
	// Of bytes in memory there is no error; half a character at the end goes.
	head, _ = io.ReadAll(console.UTF8(bytes.NewReader(head)))
	if !looksLikeText(head) {
		return "", &UnknownFormatError{Is: "no format that Bazel writes", Advice: "give a trace profile, a console log, a BEP file, a pprof file or a heap dump"}
	}
	if kind, ok := dump.IsPprofTop(head); ok {
		if kind == dump.CPU {
			return CPUProfile, nil
		}
		return AllocationProfile, nil
	}
	switch {
	case phaseLine.Match(head):
		return PhaseMemory, nil
	case rulesHead.Match(head):
		return Rules, nil
	case consoleWords.Match(head):
		return Console, nil
	}
	return "", &UnknownFormatError{Is: "text that no Bazel printed", text: true, Advice: "a console log has lines such as INFO:, ERROR: or FATAL:"}
}

var (
	phaseLine    = regexp.MustCompile(`^[^:\n]+:(heap|non-heap):(init|used|commit?ted|max):-?[0-9]`)
	rulesHead    = regexp.MustCompile(`(?m)^RULE +COUNT +ACTIONS`)
	consoleWords = regexp.MustCompile(`(?:^|\n|\r|\x1b\[[0-9;]*m|[ \])])(INFO: |ERROR: |FATAL: |WARNING: |DEBUG: |Loading: |Analyzing: |Extracting Bazel installation|Starting local B|Server terminated abruptly|Blaze ran out of memory|java\.lang\.[A-Za-z]*Error|Traceback \(most recent call last\)|# Rule \S+ instantiated at|\tat [a-z<])|Dumping heap to |Internal error thrown during build`)
)

// looksLikeText accepts UTF-8 and Latin-1 texts with ANSI sequences; it
// refuses content with NULs or with many control characters.
func looksLikeText(head []byte) bool {
	odd := 0
	for _, b := range head {
		if b == 0 {
			return false
		}
		if b < 0x20 && !strings.ContainsRune("\t\n\r\x1b\b\f\a", rune(b)) {
			odd++
		}
	}
	return odd*100 <= len(head) && (utf8.Valid(trimPartialRune(head)) || printableShare(head) > 90)
}

// trimPartialRune drops what the head's bound cut off a last rune.
func trimPartialRune(head []byte) []byte {
	for i := 1; i <= 3 && i <= len(head); i++ {
		if b := head[len(head)-i]; utf8.RuneStart(b) {
			if b >= utf8.RuneSelf && !utf8.FullRune(head[len(head)-i:]) {
				return head[:len(head)-i]
			}
			break
		}
	}
	return head
}

func printableShare(head []byte) int {
	n := 0
	for _, b := range head {
		if b >= 0x20 && b < 0x7f || b == '\n' || b == '\r' || b == '\t' {
			n++
		}
	}
	return 100 * n / len(head)
}
