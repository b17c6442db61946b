// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	stdgzip "compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// profiles returns the recorded profiles by name, packed as they are.
func profiles(t testing.TB) map[string][]byte {
	t.Helper()
	// testdata/excerpts and testdata/recorded
	paths, err := filepath.Glob("testdata/[er]*/*.profile*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recorded profiles: %v", err)
	}
	found := map[string][]byte{}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(p)] = data
	}
	return found
}

// inflated is what the standard library's gzip gives of data before it fails;
// plain data is returned as it is.
func inflated(data []byte) []byte {
	z, err := stdgzip.NewReader(bytes.NewReader(data))
	if err != nil {
		if len(data) > 0 && data[0] == 0x1f {
			return nil
		}
		return data
	}
	var out bytes.Buffer
	io.Copy(&out, z) //nolint:errcheck // a cut stream's prefix is what is asked for
	return out.Bytes()
}

// events reads data and keeps a copy of every event.
func events(t testing.TB, data []byte, options ...Option) ([]Event, ProfileSummary) {
	t.Helper()
	var all []Event
	summary, err := Read(context.Background(), bytes.NewReader(data), func(e *Event) error {
		kept := *e
		kept.Args = slices.Clone(e.Args)
		all = append(all, kept)
		return nil
	}, options...)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return all, summary
}

// A jsonEvent is an event as encoding/json sees it.
type jsonEvent struct {
	Cat  string         `json:"cat"`
	Name string         `json:"name"`
	Ph   string         `json:"ph"`
	Ts   int64          `json:"ts"`
	Dur  *int64         `json:"dur"`
	Tid  int64          `json:"tid"`
	Args map[string]any `json:"args"`
}

func (j jsonEvent) event() Event {
	e := Event{Category: j.Cat, Name: j.Name, Phase: j.Ph[0], StartMicros: j.Ts, Thread: j.Tid}
	if j.Dur != nil {
		e.DurationMicros, e.HasDuration = *j.Dur, true
	}
	return e
}

// A placedEvent is an event and the length of the text up to its end.
type placedEvent struct {
	Event
	end int
}

// linesOf is the oracle of the reader: the events of a profile in Bazel's
// layout, decoded line by line with encoding/json.
func linesOf(t testing.TB, text []byte) []placedEvent {
	t.Helper()
	var all []placedEvent
	at := 0
	for line := range bytes.Lines(text) {
		var j jsonEvent
		object := bytes.TrimRight(line, ",\n")
		if json.Unmarshal(object, &j) == nil && j.Ph != "" {
			all = append(all, placedEvent{j.event(), at + len(object)})
		}
		at += len(line)
	}
	return all
}

// within are the events that lie wholly in the first n bytes.
func within(all []placedEvent, n int) []Event {
	var whole []Event
	for _, e := range all {
		if e.end <= n {
			whole = append(whole, e.Event)
		}
	}
	return whole
}

// plainOf is e without what the oracle does not decode.
func plainOf(e Event) Event {
	e.Args = nil
	return e
}

func sameEvents(got, want []Event) bool {
	return slices.EqualFunc(got, want, func(a, b Event) bool { return sameEvent(plainOf(a), plainOf(b)) })
}

func sameEvent(a, b Event) bool {
	if !slices.Equal(a.Args, b.Args) {
		return false
	}
	a.Args, b.Args = nil, nil
	return a.Category == b.Category && a.Name == b.Name && a.Phase == b.Phase && a.StartMicros == b.StartMicros &&
		a.DurationMicros == b.DurationMicros && a.HasDuration == b.HasDuration && a.Thread == b.Thread
}

func TestReadAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	for name, data := range profiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := inflated(data)
			want := within(linesOf(t, text), len(text))
			got, summary := events(t, data)
			if len(want) == 0 || !sameEvents(got, want) {
				t.Errorf("%d events, encoding/json finds %d", len(got), len(want))
			}
			general, _ := events(t, data, generalOnly)
			if !slices.EqualFunc(got, general, sameEvent) {
				t.Error("the decoder for Bazel's form and the general one differ")
			}
			if int(summary.Events) != len(got) {
				t.Errorf("Summary.Events = %d, delivered %d", summary.Events, len(got))
			}
		})
	}
}

// TestSelect holds the Summary of a selective reading against the full one.
func TestSelect(t *testing.T) {
	t.Parallel()
	for name, data := range profiles(t) {
		all, full := events(t, data)
		got, selective := events(t, data, Select(CategoryGC, CategoryStarlarkCall), Select(""))
		want := slices.DeleteFunc(all, func(e Event) bool {
			return e.Category != CategoryGC && e.Category != CategoryStarlarkCall && e.Category != ""
		})
		if !slices.EqualFunc(got, want, sameEvent) {
			t.Errorf("%s: %d selected events, want %d", name, len(got), len(want))
		}
		selective.Events = full.Events
		if a, b := asJSON(t, full), asJSON(t, selective); a != b {
			t.Errorf("%s: the selection changes the summary:\n%s\n%s", name, a, b)
		}
	}
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

// packed is text as gzip.
func packed(t testing.TB, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := stdgzip.NewWriter(&out)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestCut cuts each profile at 200 places, in its text and in its gzip stream.
func TestCut(t *testing.T) {
	t.Parallel()
	const places = 200
	for name, data := range profiles(t) {
		text := inflated(data)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := linesOf(t, text)
			for i := range places {
				n := len(text) * i / places
				checkCut(t, "text at "+strconv.Itoa(n), text[:n], text[:n], all)
			}
			stream := data
			if data[0] != 0x1f {
				stream = packed(t, text)
			}
			for i := range places {
				n := len(stream) * i / places
				checkCut(t, "gzip at "+strconv.Itoa(n), stream[:n], inflated(stream[:n]), all)
			}
		})
	}
}

// checkCut reads data, whose text is the beginning of the profile of which all
// are the events.
func checkCut(t *testing.T, where string, data, text []byte, all []placedEvent) {
	t.Helper()
	want := within(all, len(text))
	got, summary := events(t, data)
	if !sameEvents(got, want) {
		t.Errorf("%s: %d events, want %d", where, len(got), len(want))
	}
	if summary.Damage == "" {
		t.Errorf("%s: no damage", where)
	}
	if bytes.HasSuffix(text, []byte("\n}")) {
		return // only the end of the gzip stream is lost
	}
	if summary.Finished {
		t.Errorf("%s: finished", where)
	}
	if bytes.HasSuffix(bytes.TrimRight(text, "\n"), []byte("\n  ]")) {
		return // only the closing brace is lost
	}
	wantBlind := BlindCut
	if len(text) == 0 {
		wantBlind = BlindEmpty
	}
	if !slices.Contains(summary.Blind, wantBlind) {
		t.Errorf("%s: blind to %v, want %v among it", where, summary.Blind, wantBlind)
	}
	if int(summary.Bytes) != len(text) {
		t.Errorf("%s: %d bytes read of %d", where, summary.Bytes, len(text))
	}
}
