// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestLayouts: one event, two arguments, in every layout.
func TestLayouts(t *testing.T) {
	t.Parallel()
	want := Event{
		Category: "gc notification", Name: `minor "GC" é😀`, Phase: 'X',
		StartMicros: -12, DurationMicros: 3000, HasDuration: true, Thread: 24,
		Args: []Arg{{Key: "a", Text: "80.5", Number: 80.5}, {Key: "b", Text: "x"}},
	}
	const event = `{"cat":"gc notification","name":"minor \"GC\" \u00e9\ud83d\ude00","ph":"X","ts":-12,"dur":3000,"pid":1,"args":{"a":80.5,"b":"x"},"tid":24}`
	for name, text := range map[string]string{
		"Bazel":               "{\"otherData\":{},\"traceEvents\":[\n    " + event + "\n  ]\n}",
		"one line":            `{"otherData":{},"traceEvents":[` + event + `]}`,
		"bare array":          "[\n" + event + "\n]",
		"events first":        `{"traceEvents":[` + event + `],"otherData":{"build_id":"x"},"displayTimeUnit":"ms"}`,
		"other keys":          `{"a":{"traceEvents":[1]},"b":"}]","c":-1e3,"d":null,"e":[[{"x":"]"}]],"traceEvents":[` + event + `]}`,
		"events twice":        `{"traceEvents":[],"traceEvents":[` + event + `]}`,
		"Windows":             "\ufeff{\"otherData\":{},\r\n\"traceEvents\":[\r\n" + event + "\r\n]\r\n}\r\n",
		"pretty":              pretty(event),
		"other order":         `[{"tid":24,"args":{"a":80.5,"b":"x"},"dur":3000,"ts":-12,"ph":"X","name":"minor \"GC\" \u00e9\ud83d\ude00","cat":"gc notification"}]`,
		"escaped category":    strings.Replace(`[`+event+`]`, "gc notification", `gc\u0020notification`, 1),
		"strings for numbers": `[{"cat":"gc notification","name":"minor \"GC\" é😀","ph":"X","ts":"-12","dur":"3000","args":{"a":"80.5","b":"x"},"tid":"24"}]`,
		"fractions":           `[{"cat":"gc notification","name":"minor \"GC\" é😀","ph":"X","ts":-12.3,"dur":3e3,"args":{"a":80.5,"b":"x"},"tid":24.0}]`,
		"duplicate keys":      strings.Replace(`[`+event+`]`, `"ts":-12`, `"ts":1,"cname":"a","cname":"b","ts":-12`, 1),
		"nested arguments":    strings.Replace(`[`+event+`]`, `"args":{`, `"args":{"n":{"m":[1,{}]},"t":true,`, 1),
		"not events":          `[null,1,"x",[],{},{"ph":"B","ts":1},{"ph":"XX"},` + event + `,true]`,
		"commas":              `[,` + event + `,,]`,
	} {
		for _, data := range [][]byte{[]byte(text), packed(t, []byte(text))} {
			got, summary := events(t, data)
			if len(got) != 1 || !sameEvent(got[0], want) {
				t.Errorf("%s: %+v", name, got)
			}
			if summary.Damage != "" || summary.Events != 1 || int(summary.Bytes) != len(text) {
				t.Errorf("%s: %+v", name, summary)
			}
		}
	}
}

// pretty spreads an event over lines, as jq does.
func pretty(event string) string {
	return "{\n  \"traceEvents\": [\n" + strings.NewReplacer(`,"`, ",\n  \"", `":`, `": `).Replace(event) + "\n  ]\n}\n"
}

// TestSummary holds what is said of each recorded profile against a golden
// file.
func TestSummary(t *testing.T) {
	t.Parallel()
	for name, data := range profiles(t) {
		_, summary := events(t, data)
		golden := filepath.Join("testdata", "summaries", name+".json")
		got := asJSON(t, summary)
		if *update {
			if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: summary\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestBlindness(t *testing.T) {
	t.Parallel()
	const call = `{"cat":"Starlark user function call","name":"f","ph":"X","ts":0,"dur":`
	for name, c := range map[string]struct {
		events string
		want   []Blindness
	}{
		"nothing recorded": {`{"cat":"x","name":"y","ph":"i","ts":0}`, []Blindness{BlindNoStarlark, BlindNoCounters}},
		"long calls":       {call + `50000}`, []Blindness{BlindShortCalls, BlindNoCounters}},
		"all calls":        {call + `50000},` + call + `49999}`, []Blindness{BlindNoCounters}},
		"memory":           {call + `1},{"name":"Memory usage (Bazel)","ph":"C","ts":0,"args":{"memory":1}}`, nil},
		"other counters":   {call + `1},{"name":"action counters","ph":"C","ts":0,"args":{"cpu":1}}`, []Blindness{BlindNoCounters}},
		"slim":             {call + `1},{"cat":"Unknown event","name":"merged 12 events","ph":"X","ts":0,"dur":9}`, []Blindness{BlindSlim, BlindNoCounters}},
		"not slim":         {call + `1},{"cat":"Unknown event","name":"merged x events","ph":"X","ts":0,"dur":9}`, []Blindness{BlindNoCounters}},
	} {
		_, summary := events(t, []byte(`{"traceEvents":[`+c.events+`]}`))
		if !slices.Equal(summary.Blind, c.want) {
			t.Errorf("%s: blind to %v, want %v", name, summary.Blind, c.want)
		}
	}
}

// TestEmpty: what a server leaves that was killed before it wrote anything.
func TestEmpty(t *testing.T) {
	t.Parallel()
	header := packed(t, nil)[:10]
	for name, data := range map[string][]byte{
		"0 bytes": {}, "gzip header": header, "half a gzip header": header[:5], "1 byte": header[:1],
		"gzip of nothing": packed(t, nil), "white space": []byte("\n \n"),
	} {
		_, summary := events(t, data)
		if !slices.Equal(summary.Blind, []Blindness{BlindEmpty}) || summary.Damage == "" {
			t.Errorf("%s: %+v", name, summary)
		}
	}
}

func TestFormatError(t *testing.T) {
	t.Parallel()
	// The beginning of a profile of Bazel 0.19.
	var old bytes.Buffer
	z := zlib.NewWriter(&old)
	io.WriteString(z, "\x11\x22\x33\x44\x00\x00\x00\x03\x00\x1dbazel profile for /srv/build/o, build ID: 42\x00\x00\x00=\x00\x05PHASE")
	z.Close()
	for name, c := range map[string]struct{ data, found string }{
		"binary profile": {old.String(), "Bazel's binary profile"},
		"build events":   {`{"id":{"started":{}},"children":[]}` + "\n" + `{"id":{}}`, "build event protocol"},
		"other JSON":     {`{"schema":1,"functions":[]}`, `it starts with "schema"`},
		"empty object":   {`{}`, `JSON without "traceEvents"`},
		"empty array":    {`[]`, "an array"},
		"numbers":        {`[1,2,3]`, "an array"},
		"CI log":         {"[12:33:44] Loading: 0 packages\n[12:33:45] Analyzing\n", "in brackets"},
		"console":        {"INFO: Invocation ID: 7\n", "console output"},
		"text":           {"hello", "text that is not JSON"},
		"braces":         {"{ hello }", "text that is not JSON"},
		"heap dump":      {"JAVA PROFILE 1.0.2\x00\x00", "Java heap dump"},
		"pprof":          {"\x0a\x04\x08\x01\x10\x02", "perhaps a pprof file"},
		"zip":            {"PK\x03\x04", "zip"},
		"binary":         {"\x00\x01\x02\x03", "binary data"},
		"page":           {"<!DOCTYPE html>", "markup"},
	} {
		for _, data := range [][]byte{[]byte(c.data), packed(t, []byte(c.data))} {
			if name == "binary profile" && data[0] == 0x1f {
				continue
			}
			_, err := Read(context.Background(), bytes.NewReader(data), func(*Event) error { return nil })
			var format *FormatError
			if !errors.As(err, &format) || !strings.Contains(format.Error(), c.found) || format.Advice == "" || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

const sample = `{"otherData":{},"traceEvents":[
    {"cat":"gc notification","name":"minor GC","ph":"X","ts":1,"dur":2,"pid":1,"tid":3},
    {"cat":"gc notification","name":"major GC","ph":"X","ts":5,"dur":2,"pid":1,"tid":3}
  ]
}`

// TestDamage is about damage other than a cut of the text.
func TestDamage(t *testing.T) {
	t.Parallel()
	stream := packed(t, []byte(sample))
	badSum := slices.Clone(stream)
	badSum[len(badSum)-8] ^= 0xff
	noise := slices.Clone(stream)
	copy(noise[10:], bytes.Repeat([]byte{0xff}, 8))
	torn := strings.Replace(sample, `"minor GC"`, `"minor`+"\x00\n"+`GC","ph`, 1)
	late := strings.Replace(sample, `"ts":`, `"ts":9223372036854775`, 1)
	huge := strings.Replace(sample, "minor GC", strings.Repeat("x", maxElementBytes), 1)
	for name, c := range map[string]struct {
		data   []byte
		events int
		damage string
		cut    bool
	}{
		"checksum":          {badSum, 2, "fails its checksum; all events are there", false},
		"no trailer":        {stream[:len(stream)-8], 2, "cut; all events are there", false},
		"trailing garbage":  {append(slices.Clone(stream), "garbage"...), 2, "bytes that are not gzip follow", false},
		"trailing zeros":    {append(slices.Clone(stream), make([]byte, 512)...), 2, "", false},
		"two streams":       {append(packed(t, []byte(sample[:90])), packed(t, []byte(sample[90:]))...), 2, "", false},
		"corrupt stream":    {noise, 0, "corrupt", true},
		"trailing text":     {[]byte(sample + "\n{"), 2, "text follows the end", false},
		"a line is torn":    {[]byte(torn), 1, "1 event is no JSON and passed over", true},
		"an event of 1 MiB": {[]byte(huge), 1, "1 event is longer than 1048576 bytes", true},
		"a time near 2^63":  {[]byte(late), 1, "1 event is of a time that cannot be and passed over", false},
		"noise after start": {[]byte(sample[:120] + strings.Repeat("noise\n", 5000)), 1, "the profile is not JSON from byte", true},
		"header only":       {[]byte(sample[:5]), 0, "before its first event", true},
	} {
		got, summary := events(t, c.data)
		if len(got) != c.events || !strings.Contains(summary.Damage, c.damage) || (c.damage == "") != (summary.Damage == "") {
			t.Errorf("%s: %d events, damage %q", name, len(got), summary.Damage)
		}
		if slices.Contains(summary.Blind, BlindCut) != c.cut {
			t.Errorf("%s: blind to %v", name, summary.Blind)
		}
	}
}

// TestUnseekable: a pipe gives as much of a cut stream as a file.
func TestUnseekable(t *testing.T) {
	t.Parallel()
	stream, err := os.ReadFile("testdata/recorded/4.2.3-normal.profile.gz")
	if err != nil {
		t.Fatal(err)
	}
	for n := 100; n < len(stream); n += 331 {
		want, _ := events(t, stream[:n])
		got := 0
		summary, err := Read(context.Background(), io.MultiReader(bytes.NewReader(stream[:n])), func(*Event) error { got++; return nil })
		if err != nil || got != len(want) || summary.Damage == "" {
			t.Errorf("cut at %d: %d events of %d, damage %q, %v", n, got, len(want), summary.Damage, err)
		}
	}
}

var errStop = errors.New("stop")

// failingReader fails behind its text.
type failingReader struct {
	text io.Reader
	err  error
}

func (r *failingReader) Read(p []byte) (int, error) {
	n, err := r.text.Read(p)
	if err == io.EOF {
		err = r.err
	}
	return n, err
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, data := range [][]byte{[]byte(sample), packed(t, []byte(sample))} {
		seen := 0
		_, err := Read(context.Background(), bytes.NewReader(data), func(*Event) error { seen++; return errStop })
		if err != errStop || seen != 1 {
			t.Errorf("visit's error comes as %v after %d events", err, seen)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := Read(ctx, bytes.NewReader(data), func(*Event) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
		broken := &failingReader{bytes.NewReader(data[:len(data)-9]), errStop}
		summary, err := Read(context.Background(), broken, func(*Event) error { return nil })
		if !errors.Is(err, errStop) || summary.Bytes == 0 {
			t.Errorf("a failing reader: %v, %d bytes", err, summary.Bytes)
		}
	}
}

// TestEarlyEnd: the goroutine ends when the visitor or the context does, with
// more text to come than it may inflate ahead (goleak watches).
func TestEarlyEnd(t *testing.T) {
	t.Parallel()
	event := `{"cat":"c","name":"n","ph":"X","ts":1,"dur":2,"pid":1,"tid":3},` + "\n"
	data := packed(t, []byte(`{"traceEvents":[`+strings.Repeat(event, 60_000)))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	seen := 0
	_, err := Read(ctx, bytes.NewReader(data), func(*Event) error {
		if seen++; seen == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || seen == 60_000 {
		t.Errorf("%d events after cancelling, %v", seen, err)
	}
	if _, err := Read(context.Background(), bytes.NewReader(data), func(*Event) error { return errStop }); err != errStop {
		t.Error(err)
	}
}
