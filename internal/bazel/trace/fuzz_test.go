// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// seeds are small inputs that reach every part of the reader.
func seeds(f *testing.F) {
	f.Helper()
	slim, err := os.ReadFile("testdata/excerpts/5.x-slim.profile")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		sample, string(slim[:3000]), pretty(`{"cat":"c","name":"n","ph":"X","ts":1,"dur":2,"pid":1,"tid":3}`),
		`[{"cat":"a\u0020b","name":"\ud83d\ude00\ud83d","ph":"i","ts":"1e3","tid":-5,"args":{"x":[{}],"y":"\/"}}]`,
		`{"traceEvents":[{"ph":"C","args":{"v":"1.5"}},null,{"ph":"X","ts":1e300,"dur":-1}],"otherData":{"build_id":"\"","profile_start_ts":"7"}}`,
		"", "[", "{", `{"a`, "\x1f\x8b", "\xef\xbb\xbf[]", `{"traceEvents":[{"ph":"X"`, "[[[[[[[[", `["\`,
	} {
		f.Add([]byte(seed))
		f.Add(packed(f, []byte(seed)))
	}
}

func readForFuzz(t *testing.T, data []byte, options ...Option) ([]Event, ProfileSummary, error) {
	t.Helper()
	var all []Event
	summary, err := Read(context.Background(), bytes.NewReader(data), func(e *Event) error {
		kept := *e
		kept.Args = slices.Clone(e.Args)
		all = append(all, kept)
		return nil
	}, options...)
	var format *FormatError
	if err != nil && !errors.As(err, &format) {
		t.Fatalf("a bytes.Reader cannot fail, but: %v", err)
	}
	return all, summary, err
}

// FuzzDecoders: the decoder for Bazel's form changes nothing but the time.
func FuzzDecoders(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		fast, fastSummary, fastErr := readForFuzz(t, data)
		general, generalSummary, generalErr := readForFuzz(t, data, generalOnly)
		if !slices.EqualFunc(fast, general, sameEvent) || (fastErr == nil) != (generalErr == nil) {
			t.Errorf("%+v, %v\ngeneral: %+v, %v", fast, fastErr, general, generalErr)
		}
		if a, b := asJSON(t, fastSummary), asJSON(t, generalSummary); a != b {
			t.Errorf("%s\ngeneral: %s", a, b)
		}
	})
}

// FuzzAgainstEncodingJSON: what encoding/json takes for a profile, the reader
// takes for the same one, whole and undamaged.
func FuzzAgainstEncodingJSON(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var document struct {
			TraceEvents []json.RawMessage `json:"traceEvents"`
		}
		if json.Unmarshal(data, &document) != nil || len(document.TraceEvents) == 0 || ambiguous(data) {
			return
		}
		got, summary, err := readForFuzz(t, data)
		var want []Event
		for _, raw := range document.TraceEvents {
			var j jsonEvent
			if json.Unmarshal(raw, &j) != nil || !strings.Contains("XiCMI", j.Ph) || len(j.Ph) != 1 {
				if json.Unmarshal(raw, &j) != nil {
					return // a field of another type: lenient here, an error there
				}
				continue
			}
			if j.Ph == "I" {
				j.Ph = "i"
			}
			if j.tooLarge() {
				return
			}
			want = append(want, j.event())
		}
		if err != nil || summary.Damage != "" {
			t.Fatalf("%v, damage %q", err, summary.Damage)
		}
		if !sameEvents(got, want) {
			t.Errorf("%+v\nencoding/json: %+v", got, want)
		}
	})
}

func (j jsonEvent) tooLarge() bool {
	large := func(v int64) bool { return v >= maxMicros/2 || v <= -maxMicros/2 }
	return large(j.Ts) || large(j.Tid) || j.Dur != nil && large(*j.Dur)
}

// ambiguous tells the texts in which encoding/json does something of its own:
// it matches keys in any case and with escapes, replaces invalid UTF-8, and
// takes null for a missing field and repeated arrays for one.
func ambiguous(data []byte) bool {
	lower := bytes.ToLower(data)
	for _, key := range []string{"traceevents", "cat", "name", "ph", "ts", "dur", "tid", "args"} {
		quoted := []byte(`"` + key + `"`)
		if key == "traceevents" {
			if bytes.Count(lower, quoted) != 1 || !bytes.Contains(data, []byte(`"traceEvents"`)) {
				return true
			}
			continue
		}
		if bytes.Count(lower, quoted) != bytes.Count(data, quoted) {
			return true
		}
	}
	return bytes.Contains(data, []byte(`\u`)) || bytes.Contains(data, []byte("null")) ||
		!bytes.Equal(bytes.ToValidUTF8(data, nil), data) || bytes.ContainsRune(data, 'ſ') || bytes.ContainsRune(data, 'K')
}

// FuzzActive: any input, any view, no panic.
func FuzzActive(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		active, _, err := ReadActive(context.Background(), bytes.NewReader(data), Thresholds{1e5, 1e6, 1e7})
		if err != nil {
			return
		}
		for _, view := range views {
			if err := active.Print(new(bytes.Buffer), view); err != nil {
				t.Error(err)
			}
		}
	})
}
