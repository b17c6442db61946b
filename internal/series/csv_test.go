// SPDX-License-Identifier: Apache-2.0

package series

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/measurement"
)

// recorded are the measurements of the example, made with real Bazels.
var recorded = []string{"../../examples/memory-eater/measurements", "../../examples/memory-eater/measurements-2.1.0"}

// oracle runs testdata/stats.sh over the measurements of a series.
func oracle(t *testing.T, dir string) string {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(dir, "*-*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no measurements in %s (%v)", dir, err)
	}
	out, err := exec.Command("sh", append([]string{"testdata/stats.sh"}, folders...)...).Output()
	if err != nil {
		t.Fatalf("the oracle: %v", err)
	}
	return string(out)
}

func table(t *testing.T, dir string) string {
	t.Helper()
	rows, _, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteCSV(&out, rows); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestCSVAgainstOracle(t *testing.T) {
	t.Parallel()
	for _, dir := range append(recorded, written(t)) {
		if got, want := table(t, dir), oracle(t, dir); got != want {
			t.Errorf("the table of %s is\n%sthe oracle says\n%s", dir, got, want)
		}
	}
}

// written is a series with profiles that a reader of JSON and a reader of
// lines see differently.
func written(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(3, 5))
	profiles := map[string]string{
		"200m-1":      bazelProfile(rng, 500),
		"200m-WARMUP": bazelProfile(rng, 3),
		"300m-2-old":  bazelProfile(rng, 50),
		// "ts" as a line's last field does not count, nor in another's text.
		"400m-1": "{\"cat\":\"gc notification\",\"name\":\"minor GC\",\"ts\":17,\"dur\":3,\"x\":1}\n{\"a\":1,\"ts\":99}\n{\"ph\":\"X\",\"ts\":40,\"tid\":1}\n",
		// Not sorted; letters GC outside of any event; several in a line.
		"400m-2": "{\"x\":1,\"ts\":900,\"y\":2}, GC GC\n{\"x\":1,\"ts\":100,\"ts\":250,\"y\":2}\nGC",
		// Another layout: no field begins with the key.
		"500m-1": "{\n \"ts\": 5,\n \"name\": \"major GC\"\n}\n",
		"600m-1": "{\"x\":1,\"ts\":1.5,\"y\":1}\n{\"x\":1,\"ts\": 4,\"y\":1}\n",
		"700m-1": "",
	}
	for name, text := range profiles {
		folder := filepath.Join(dir, name)
		console := "INFO: Build completed successfully, 3 total actions\n"
		if len(text)%2 == 1 {
			console = "FATAL: bazel ran out of memory and crashed.\n"
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		io.WriteString(z, "{\"otherData\":{},\"traceEvents\":[\n"+text)
		z.Close()
		for file, content := range map[string][]byte{"profile.gz": packed.Bytes(), "console": []byte(console),
			"measurement.json": []byte(`{"schema": 1}`)} {
			if err := os.WriteFile(filepath.Join(folder, file), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// bazelProfile is a profile in Bazel's layout with random events.
func bazelProfile(rng *rand.Rand, events int) string {
	var b strings.Builder
	for range events {
		name := []string{"minor GC", "major GC", "action 'GCC link'", "eat_impl", "gc"}[rng.IntN(5)]
		fmt.Fprintf(&b, "{\"cat\":\"c\",\"name\":%q,\"ph\":\"X\",\"ts\":%d,\"dur\":%d,\"pid\":1,\"tid\":%d},\n", name, rng.IntN(1e9), rng.IntN(1e6), rng.IntN(20))
	}
	return b.String() + "]}\n"
}

// TestLinesInPieces: the reader may give any pieces.
func TestLinesInPieces(t *testing.T) {
	t.Parallel()
	text := bazelProfile(rand.New(rand.NewPCG(1, 2)), 200)
	whole := linesOf(text)
	var bytewise lineScanner
	for i := range len(text) {
		bytewise.Write([]byte{text[i]})
	}
	if pieces := bytewise.end(); pieces != whole || whole.GC == 0 {
		t.Errorf("byte by byte %+v, at once %+v", pieces, whole)
	}
}

func linesOf(text string) Lines {
	var s lineScanner
	s.Write([]byte(text))
	return s.end()
}

func FuzzReadLines(f *testing.F) {
	f.Add("{\"cat\":\"x\",\"ts\":5,\"dur\":1}\nGC\n")
	f.Add("\"ts\":1,\"ts\":3,x")
	f.Fuzz(func(t *testing.T, text string) {
		lines := linesOf(text)
		want := int64(0)
		for _, line := range strings.Split(text, "\n") {
			if strings.Contains(line, "GC") {
				want++
			}
		}
		if lines.GC != want {
			t.Errorf("%d lines with GC, want %d", lines.GC, want)
		}
	})
}

// TestTableIsReadBack: what WriteCSV writes, ReadCSV reads.
func TestTableIsReadBack(t *testing.T) {
	t.Parallel()
	text := table(t, recorded[0])
	rows, err := ReadCSV(strings.NewReader(text), "regular")
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := WriteCSV(&again, rows); err != nil {
		t.Fatal(err)
	}
	if again.String() != text {
		t.Errorf("read back it is\n%swas\n%s", again.String(), text)
	}
	for _, r := range rows {
		if r.Series != "regular" || r.MemoryLimitBytes < 100<<20 || r.Crashed() == (r.Status == measurement.OK) {
			t.Errorf("row %+v", r)
		}
	}
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	good := "155, WARMUP, 3, 1000000, ok\n\n1g,2,79,5468123,crash\r\n"
	rows, err := ReadCSV(strings.NewReader(good), "x")
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, %v", rows, err)
	}
	if !rows[0].Warmup || rows[0].MemoryLimitBytes != 155<<20 || rows[1].MemoryLimitBytes != 1<<30 || rows[1].Run != "2" {
		t.Errorf("rows %+v", rows)
	}
	for _, bad := range []string{"200m, 1, 2, 3", "200m, 1, x, 3, ok", "200m, 1, 2, x, ok", "200m, 1, 2, 3, maybe", "big, 1, 2, 3, ok", "200m, 1, 2, 3, ok, 6"} {
		if _, err := ReadCSV(strings.NewReader("200m, 1, 2, 3, ok\n"+bad), "x"); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q gives %v, want an error that names line 2", bad, err)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("200m, 1, 79, 5468123, ok\n155, WARMUP, 3, 1000000, crash\n")
	f.Add("200m, 1, 79, , ok")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := ReadCSV(strings.NewReader(text), "x")
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := WriteCSV(&out, rows); err != nil {
			t.Fatal(err)
		}
		again, err := ReadCSV(&out, "x")
		if err != nil || len(again) != len(rows) {
			t.Errorf("%d rows are %d when read back: %v", len(rows), len(again), err)
		}
	})
}
