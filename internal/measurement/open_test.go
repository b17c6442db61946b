// SPDX-License-Identifier: Apache-2.0

package measurement_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"example.invalid/starlark-memls/internal/measurement"
)

func put(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(data string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(data))
	_ = w.Close()
	return b.Bytes()
}

// utf16Text is an ASCII text in little-endian UTF-16 behind a mark, if any.
func utf16Text(ascii string, mark ...byte) []byte {
	for _, c := range []byte(ascii) {
		mark = append(mark, c, 0)
	}
	return mark
}

const (
	traceText   = "{\"otherData\":{\"build_id\":\"b6cc4cd4-5588-45b5-a0d3-e1534e145590\"},\"traceEvents\":[\n"
	bepText     = `{"id":{"started":{}},"children":[],"started":{"uuid":"x"}}` + "\n"
	consoleText = "Loading: 0 packages loaded\nINFO: Elapsed time: 0.111s\nINFO: Build completed successfully, 1 total action\n"
	crashText   = "FATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: Java heap space\n"
	phasesText  = "Initialize command:heap:init:157286400\n"
	rulesText   = "Warning: this\n\nRULE    COUNT     ACTIONS\nx   1   2\n"
)

// The kind is the content's, whatever the name.
func zstded(text string) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll([]byte(text), nil)
}

func zipArchive(name, text string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.Create(name)
	_, _ = f.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

func TestSniff(t *testing.T) {
	t.Parallel()
	cpu := zipped("\x32\x00\x32\x03CPU\x32\x0cmicroseconds")
	memory := zipped("\x0a\x04\x08\x01\x10\x02\x32\x00\x32\x06memory\x32\x05bytes")
	for name, test := range map[string]struct {
		data  []byte
		part  measurement.Part
		empty bool
	}{
		"a.txt":                   {[]byte(traceText), measurement.Profile, false},
		"b.bin":                   {zipped(traceText), measurement.Profile, false},
		"c.profile":               {[]byte(bepText), measurement.BuildEvents, false},
		"d.json":                  {[]byte(consoleText), measurement.Console, false},
		"e.log":                   {[]byte(phasesText), measurement.PhaseMemory, false},
		"f":                       {[]byte(rulesText), measurement.Rules, false},
		"g.gz":                    {cpu, measurement.CPUProfile, false},
		"h.gz":                    {memory, measurement.AllocationProfile, false},
		"i.gz":                    {zipped("JAVA PROFILE 1.0.2\x00\x00\x00\x00\x08"), measurement.HeapDump, false},
		"k.zst":                   {zstded("JAVA PROFILE 1.0.2\x00\x00\x00\x00\x08"), measurement.HeapDump, false},
		"l.zip":                   {zipArchive("java_pid1.hprof", "JAVA PROFILE 1.0.2\x00\x00\x00\x00\x08"), measurement.HeapDump, false},
		"java_pid1.hprof.gz":      {nil, measurement.HeapDump, true},
		"java_pid1.hprof.zst":     {nil, measurement.HeapDump, true},
		"j":                       {[]byte("\x0a\x04Boom\xe2\x06\x02\x08\x01"), measurement.FailureDetail, false},
		"command.profile.gz":      {nil, measurement.Profile, true},
		"profile.gz":              {[]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}, measurement.Profile, true},
		"starlark.pprof":          {[]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}, measurement.CPUProfile, true},
		"ci.console":              {[]byte("2026-11-21T09:52:03Z \x1b[31m\x1b[1mFATAL: \x1b[0mbazel ran out of memory and crashed.\r\n"), measurement.Console, false},
		"powershell.log":          {utf16Text(consoleText, 0xff, 0xfe), measurement.Console, false},
		"utf16-without-mark.log":  {utf16Text(crashText), measurement.Console, false},
		"latin1.console":          {[]byte("INFO: caf\xe9\n" + consoleText), measurement.Console, false},
		"profile-with-bom.json":   {[]byte("\xef\xbb\xbf" + traceText), measurement.Profile, false},
		"old-bazel-crash.console": {[]byte("Internal error thrown during build. Printing stack trace: java.lang.OutOfMemoryError: Java heap space\n"), measurement.Console, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind, err := measurement.Sniff(t.Context(), put(t, filepath.Join(t.TempDir(), name), test.data))
			if err != nil || kind.Part != test.part || kind.Empty != test.empty {
				t.Errorf("%+v, %v; want %s, empty %v", kind, err, test.part, test.empty)
			}
		})
	}
}

// Each bad input gives one line that names it and says what it is, at once.
func TestOpenBadInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noise := make([]byte, 1<<20)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(noise)
	var archive, old bytes.Buffer
	z := zip.NewWriter(&archive)
	_, _ = z.Create("x")
	_ = z.Close()
	w := zlib.NewWriter(&old)
	_, _ = w.Write([]byte{0x11, 0x22, 0x33, 0x44, 0, 0})
	_ = w.Close()
	circle := filepath.Join(dir, "circle")
	if err := os.MkdirAll(filepath.Join(circle, "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"a/up", "a/b/top"} {
		if err := os.Symlink(circle, filepath.Join(circle, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("self", filepath.Join(dir, "self")); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "missing"): "does not exist",
		filepath.Join(dir, "self"):    "too many",
		empty:                         "no evidence",
		circle:                        "no evidence",
		put(t, filepath.Join(dir, "noise.profile.gz"), noise):                                                                       "no format that Bazel writes",
		put(t, filepath.Join(dir, "x.zip"), archive.Bytes()):                                                                        "a zip archive",
		put(t, filepath.Join(dir, "old.profile"), old.Bytes()):                                                                      "old binary format",
		put(t, filepath.Join(dir, "notes.txt"), []byte("hello\n")):                                                                  "text that no Bazel printed",
		put(t, filepath.Join(dir, "any.json"), []byte(`{"a":1}`)):                                                                   "JSON that no Bazel wrote",
		put(t, filepath.Join(dir, "empty.bin"), nil):                                                                                "an empty file",
		put(t, filepath.Join(dir, "bep.bin"), []byte("\x0c\x0a\x06\x1a\x04\x0a\x02\x01\x02\x12\x02\x01\x02")):                       "binary form",
		put(t, filepath.Join(dir, "long.json"), bytes.Repeat([]byte(`{"a":[1,2,3],"b":`), 3<<20)):                                   "JSON that no Bazel wrote",
		put(t, filepath.Join(dir, "bad.gz"), append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}, bytes.Repeat([]byte{0xff}, 64)...)): "damaged gzip",
	} {
		start := time.Now()
		list, _, err := measurement.Open(context.Background(), path)
		if err == nil {
			t.Errorf("%s: gave %d measurements", path, len(list))
			continue
		}
		text := err.Error()
		if !strings.Contains(text, want) || !strings.HasPrefix(text, path) || strings.Contains(text, "\n") {
			t.Errorf("%s: %q, want one line with %q", path, text, want)
		}
		if took := time.Since(start); took > 30*time.Second { // it hangs; a busy machine needs one
			t.Errorf("%s took %v", path, took)
		}
	}
}

// What Bazel opened and never came to write is evidence by whatever name
// somebody gives it; of a file that is not given, only the name tells.
func TestOpenNeverWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	header := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}
	for name, data := range map[string][]byte{"a": header, "b.gz": header, "c.gz": nil, "d.gz": header[:3], "profile": nil} {
		path := put(t, filepath.Join(dir, name), data)
		list, _, err := measurement.Open(context.Background(), path)
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %v, %v", name, list, err)
			continue
		}
		if d, err := measurement.Describe(context.Background(), list[0]); err != nil || d.Status != measurement.ServerDied {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "profile")); err != nil {
		t.Fatal(err)
	}
	if list, _, err := measurement.Open(context.Background(), dir); err == nil {
		t.Errorf("a folder of files of no name is a crash: %v", list)
	}
}

// Evidence among ten thousand other files is found by its name, and where
// there is none, that is one line.
func TestOpenLargeFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: makes a folder of thousands")
	}
	t.Parallel()
	dir := t.TempDir()
	for i := range 4200 {
		put(t, filepath.Join(dir, fmt.Sprintf("a%d.txt", i)), []byte("x\n"))
	}
	list, warnings, err := measurement.Open(context.Background(), dir)
	if err == nil || len(warnings) != 0 || strings.Contains(err.Error(), "\n") || !errors.Is(err, measurement.ErrNothing) || !strings.Contains(err.Error(), "first 4096 files") {
		t.Errorf("%v, %v, %v", list, warnings, err)
	}
	put(t, filepath.Join(dir, "profile.gz"), zipped(traceText))
	list, warnings, err = measurement.Open(context.Background(), dir)
	if err != nil || len(list) != 1 || len(list[0].Parts[measurement.Profile]) != 1 || len(warnings) != 1 {
		t.Errorf("%v, %v, %v", list, warnings, err)
	}
}

func TestOpenUnreadable(t *testing.T) {
	t.Parallel()
	path := put(t, filepath.Join(t.TempDir(), "profile.gz"), zipped(traceText))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	_, _, err := measurement.Open(context.Background(), path)
	if os.Geteuid() == 0 { // root reads everything
		if err != nil {
			t.Error(err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), "may not be read") {
		t.Errorf("%v", err)
	}
}

// The origin's folders: 200m-3 with no measurement.json.
func TestOpenOriginsSeries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "runs/200m-3/profile.gz"), zipped(traceText))
	put(t, filepath.Join(dir, "runs/200m-3/console"), []byte(crashText))
	put(t, filepath.Join(dir, "runs/200m-WARMUP/console"), []byte(consoleText))
	put(t, filepath.Join(dir, "runs/1g-1/bep.json"), []byte(bepText))
	put(t, filepath.Join(dir, "runs/results.csv"), []byte("200m, 3, 1, 2, ok\n"))
	list, warnings, err := measurement.Open(context.Background(), dir)
	if err != nil || len(list) != 3 || len(warnings) != 0 {
		t.Fatalf("%d measurements, %v, %v", len(list), warnings, err)
	}
	for i, want := range []struct {
		limit  int64
		run    string
		status measurement.Status
		warmup bool
	}{
		{1 << 30, "1", measurement.ServerDied, false}, // the stream stops early
		{200 << 20, "3", measurement.OutOfMemory, false},
		{200 << 20, "WARMUP", measurement.OK, true},
	} {
		d, err := measurement.Describe(context.Background(), list[i])
		if err != nil || d.MemoryLimitBytes != want.limit || d.Run != want.run || d.Status != want.status || d.Warmup != want.warmup {
			t.Errorf("%s: %+v, %v; want %+v", list[i].Path, d, err, want)
		}
		if len(d.Notes) == 0 || !strings.Contains(strings.Join(d.Notes, " "), "folder's name") {
			t.Errorf("%s: no note says that the limit is the folder's name: %v", list[i].Path, d.Notes)
		}
		if list[i].Series != filepath.Join(dir, "runs") {
			t.Errorf("series %s", list[i].Series)
		}
	}
}

func TestOpenRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "measurement.json"), []byte(`{"schema":1,"memory_limit_bytes":5,"run":"7","status":"timeout","invocation_id":"i","command":["bazel","--x","build","//..."]}`))
	put(t, filepath.Join(dir, "profile.gz"), nil)
	list, _, err := measurement.Open(context.Background(), dir)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	d, _ := measurement.Describe(context.Background(), list[0])
	if d.Status != measurement.Timeout || d.MemoryLimitBytes != 5 || d.Run != "7" || d.InvocationID != "i" || d.Command != "build" {
		t.Errorf("%+v", d)
	}
	if len(list[0].Warnings) != 1 || !strings.Contains(list[0].Warnings[0], "empty") {
		t.Errorf("warnings %v: an empty profile is evidence and told", list[0].Warnings)
	}
}

// A damaged part of a measurement is a warning; the other parts count.
func TestOpenDamagedPart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "console"), []byte(consoleText))
	put(t, filepath.Join(dir, "profile.gz"), []byte("no profile at all\n"))
	put(t, filepath.Join(dir, "measurement.json"), []byte("{"))
	list, warnings, err := measurement.Open(context.Background(), dir)
	if err != nil || len(list) != 1 || len(list[0].Parts) != 1 || len(warnings) != 2 {
		t.Errorf("%v, %v, %v", list, warnings, err)
	}
}

func TestOpenCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := measurement.Open(ctx, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzSniff(f *testing.F) {
	for _, seed := range [][]byte{[]byte(traceText), zipped(traceText), []byte(bepText), []byte(crashText), []byte(rulesText),
		[]byte("\x0a\x04Boom\xe2\x06\x02\x08\x01"), {0x1f, 0x8b}, []byte("\x32\x00\x32\x03CPU")} {
		f.Add(seed)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "x.profile.gz")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		kind, err := measurement.Sniff(t.Context(), path)
		if (err == nil) == (kind.Part == "") {
			t.Fatalf("%+v, %v: either a part or an error", kind, err)
		}
		list, _, err := measurement.Open(context.Background(), path)
		if err == nil {
			if _, err := measurement.Describe(context.Background(), list[0]); err != nil {
				t.Fatal(err)
			}
		} else if strings.Contains(err.Error(), "\n") {
			t.Fatalf("more than one line: %v", err)
		}
	})
}
