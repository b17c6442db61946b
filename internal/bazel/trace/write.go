// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// A Writer writes a trace profile: the object form, one event a line, as Bazel
// does, but with otherData last, so that it can be written while another profile
// is read. Perfetto, chrome://tracing, speedscope and this package open it.
type Writer struct {
	out    *bufio.Writer
	line   []byte
	events int
}

// NewWriter begins a profile.
func NewWriter(w io.Writer) *Writer {
	out := bufio.NewWriterSize(w, 1<<16)
	out.WriteString(`{"traceEvents":[`)
	return &Writer{out: out}
}

// Event writes an event. Scope is that of an instant: the thread's, unless Global.
func (w *Writer) Event(e *Event) error { return w.write(e, false) }

// Global writes an instant that is drawn across all threads.
func (w *Writer) Global(e *Event) error { return w.write(e, true) }

func (w *Writer) write(e *Event, global bool) error {
	b := w.line[:0]
	if w.events > 0 {
		b = append(b, ',')
	}
	w.events++
	b = append(b, "\n    {"...)
	if e.Category != "" {
		b = append(appendText(append(b, `"cat":`...), e.Category), ',')
	}
	b = appendText(append(b, `"name":`...), e.Name)
	b = append(append(b, `,"ph":"`...), e.Phase, '"')
	if e.Phase == 'i' {
		scope := byte('t')
		if global {
			scope = 'g'
		}
		b = append(append(b, `,"s":"`...), scope, '"')
	}
	if e.Phase != 'M' {
		b = strconv.AppendInt(append(b, `,"ts":`...), e.StartMicros, 10)
	}
	if e.Phase == 'X' {
		b = strconv.AppendInt(append(b, `,"dur":`...), e.DurationMicros, 10)
	}
	b = strconv.AppendInt(append(b, `,"pid":1,"tid":`...), e.Thread, 10)
	for i, arg := range e.Args {
		if i == 0 {
			b = append(b, `,"args":{`...)
		} else {
			b = append(b, ',')
		}
		b = append(appendText(b, arg.Key), ':')
		// Bazel 4 to 6 write numbers of counters as strings, which no viewer draws.
		if e.Phase != 'X' && e.Phase != 'i' && arg.Key != "name" && isNumber(arg.Text) {
			b = append(b, arg.Text...)
		} else {
			b = appendText(b, arg.Text)
		}
	}
	if len(e.Args) > 0 {
		b = append(b, '}')
	}
	b = append(b, '}')
	w.line = b
	_, err := w.out.Write(b)
	return err
}

// Close ends the profile with what it says of itself.
func (w *Writer) Close(h Header) error {
	other := map[string]any{}
	for key, value := range map[string]string{"build_id": h.BuildID, "output_base": h.OutputBase, "date": h.Date, "bazel_version": h.BazelVersion} {
		if value != "" {
			other[key] = value
		}
	}
	if h.StartMillis != 0 {
		other["profile_start_ts"] = h.StartMillis
	}
	text, err := json.Marshal(other)
	_, err2 := fmt.Fprintf(w.out, "\n  ],\"otherData\":%s}\n", text)
	return errors.Join(err, err2, w.out.Flush())
}

// appendText appends a string of JSON.
func appendText(b []byte, s string) []byte {
	if !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < ' ' || c == '"' || c == '\\' || c >= 0x7f }) {
		return append(append(append(b, '"'), s...), '"')
	}
	text, _ := json.Marshal(s) // a string can always be
	return append(b, text...)
}

func isNumber(s string) bool {
	return s != "" && (s[0] == '-' || s[0] >= '0' && s[0] <= '9') && json.Valid([]byte(s))
}
