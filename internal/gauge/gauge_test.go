// SPDX-License-Identifier: Apache-2.0

package gauge

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/perfdata"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const mib = 1 << 20

// testRules are rules that do not change with what is measured.
func testRules() Rules {
	r := DefaultRules()
	r.FullCollections, r.FullLeaves, r.QuickGap, r.PauseShare = 2, 0.9, time.Second, 0.5
	return r
}

// A story is a server's life in steps of 100 ms.
type story struct {
	g    *Gauge
	s    Sample
	last Reading
}

func tell(collector perfdata.Collector) *story {
	return &story{g: New(testRules()), s: Sample{At: start, Working: true,
		Sample: perfdata.Sample{Collector: collector, LimitBytes: 100 * mib, OldLimitBytes: 100 * mib, UsedBytes: 10 * mib}}}
}

func (st *story) run(d time.Duration) *story {
	for end := st.s.At.Add(d); st.s.At.Before(end); {
		st.s.At = st.s.At.Add(100 * time.Millisecond)
		st.last = st.g.Add(st.s)
	}
	return st
}

// collect has one collection, of the given kind, that leaves used.
func (st *story) collect(of *perfdata.Pauses, cause string, took time.Duration, left int64) *story {
	of.Count++
	of.Time += took
	st.s.UsedBytes, st.s.OldBytes, st.s.LastCause = left, left, cause
	return st.run(100 * time.Millisecond)
}

func (st *story) full(cause string, took time.Duration, left int64) *story {
	return st.collect(&st.s.Full, cause, took, left)
}

func (st *story) want(t *testing.T, state State) {
	t.Helper()
	if st.last.State != state {
		t.Errorf("state %s (%s), want %s", st.last.State, st.last.Why, state)
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		story *story
		want  State
	}{
		"nothing happens": {tell(perfdata.G1).run(time.Second), Building},
		"one full collection": {tell(perfdata.G1).run(time.Second).
			full("G1 Compaction Pause", 50*time.Millisecond, 50*mib), Building},
		"two that nobody asked for": {tell(perfdata.G1).run(time.Second).
			full("G1 Compaction Pause", 50*time.Millisecond, 90*mib).run(5*time.Second).
			full("Allocation Failure", 50*time.Millisecond, 91*mib), Dying},
		"a minute apart": {tell(perfdata.G1).run(time.Second).
			full("G1 Compaction Pause", 50*time.Millisecond, 50*mib).run(time.Minute).
			full("G1 Compaction Pause", 50*time.Millisecond, 50*mib), Building},
		"two that Bazel asked for": {tell(perfdata.G1).run(time.Second).
			full("System.gc()", 50*time.Millisecond, 50*mib).full("System.gc()", 50*time.Millisecond, 50*mib), Building},
		"our own dump": {tell(perfdata.G1).run(time.Second).
			full("Heap Dump Initiated GC", 50*time.Millisecond, 50*mib).full("Heap Inspection Initiated GC", 50*time.Millisecond, 50*mib), Building},
		"two that free much": {tell(perfdata.G1).run(time.Second).
			full("G1 Compaction Pause", 50*time.Millisecond, 60*mib).run(5*time.Second).
			full("G1 Compaction Pause", 50*time.Millisecond, 60*mib), Building},
		"two at once, for one large object": {tell(perfdata.G1).run(time.Second).
			full("G1 Humongous Allocation", 50*time.Millisecond, 60*mib).run(500*time.Millisecond).
			full("G1 Humongous Allocation", 50*time.Millisecond, 60*mib), Dying},
		"half of the time in pauses": {tell(perfdata.G1).run(5*time.Second).
			full("System.gc()", 2700*time.Millisecond, 92*mib), Dying},
		"half of the time in pauses, and room": {tell(perfdata.G1).run(5*time.Second).
			full("System.gc()", 2700*time.Millisecond, 50*mib), Building},
		"less than half": {tell(perfdata.G1).run(5*time.Second).
			full("System.gc()", 2300*time.Millisecond, 84*mib), Building},
		"near": {tell(perfdata.G1).run(time.Second).
			full("G1 Compaction Pause", 50*time.Millisecond, 86*mib), NearLimit},
		"serial collects all in the course of things": {tell(perfdata.Serial).run(time.Second).
			full("Allocation Failure", 50*time.Millisecond, 40*mib).full("Allocation Failure", 50*time.Millisecond, 40*mib), Building},
		"serial that frees nothing": {tell(perfdata.Serial).run(time.Second).
			full("Allocation Failure", 50*time.Millisecond, 95*mib).full("Allocation Failure", 50*time.Millisecond, 95*mib), Dying},
		"metaspace": {tell(perfdata.Parallel).run(time.Second).
			full("Metadata GC Threshold", 50*time.Millisecond, 90*mib).full("Metadata GC Threshold", 50*time.Millisecond, 20*mib), Building},
		"it recovers": {tell(perfdata.G1).run(time.Second).
			full("G1 Compaction Pause", 50*time.Millisecond, 90*mib).full("G1 Compaction Pause", 50*time.Millisecond, 30*mib).run(62 * time.Second), Building},
	} {
		if test.story.last.State != test.want {
			t.Errorf("%s: %s (%s), want %s", name, test.story.last.State, test.story.last.Why, test.want)
		}
	}
}

func TestIdle(t *testing.T) {
	t.Parallel()
	st := tell(perfdata.G1)
	st.s.Working = false
	st.run(time.Second).want(t, Idle)
}

// TestNoRoom: two full collections at once are a sign by themselves where they
// leave room that a large object does not fit into, and else two of several.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		left [2]int64
		want State
	}{
		"room": {[2]int64{60, 60}, Dying}, "room after the first": {[2]int64{60, 95}, Dying},
		"room after the second": {[2]int64{95, 60}, Dying}, "no room at all": {[2]int64{95, 95}, NearLimit},
	} {
		st := tell(perfdata.G1)
		st.g.rules.FullCollections = 3
		st.run(time.Second).full("G1 Humongous Allocation", 50*time.Millisecond, c.left[0]*mib).full("G1 Humongous Allocation", 50*time.Millisecond, c.left[1]*mib)
		if st.last.State != c.want || c.want == Dying && !strings.Contains(st.last.Why, "no room for a large object") {
			t.Errorf("%s: %s (%s), want %s", name, st.last.State, st.last.Why, c.want)
		}
	}
}

// TestStalls: a concurrent collector dies by making threads wait for it.
func TestStalls(t *testing.T) {
	t.Parallel()
	st := tell(perfdata.ZGC).run(time.Second)
	for range 2 {
		st.s.Concurrent.Count += 2 // with the one below, the pauses of a cycle
		st.collect(&st.s.Concurrent, "Allocation Stall", time.Millisecond, 98*mib).run(time.Second)
	}
	st.want(t, Dying)
}

// TestAnotherServer: what one did is not the next one's.
func TestAnotherServer(t *testing.T) {
	t.Parallel()
	st := tell(perfdata.G1).run(time.Second).full("G1 Compaction Pause", time.Second, 95*mib).full("G1 Compaction Pause", time.Second, 95*mib)
	st.want(t, Dying)
	at := st.s.At
	st.s = tell(perfdata.G1).s
	st.s.At = at
	st.run(time.Second).want(t, Building)
}

func TestSlope(t *testing.T) {
	t.Parallel()
	st := tell(perfdata.G1).run(time.Second)
	for i := range int64(10) {
		st.collect(&st.s.Young, "G1 Evacuation Pause", time.Millisecond, (10+2*i)*mib).run(900 * time.Millisecond)
	}
	if got := st.last.BytesPerSecond / mib; got < 1.99 || got > 2.01 {
		t.Errorf("%.2f MiB/s, want 2", got)
	}
	if got := st.last.SecondsToLimit; got < 35 || got > 37 {
		t.Errorf("%.1f s to the limit, want 36", got)
	}
	// A sawtooth has no slope.
	st = tell(perfdata.G1).run(time.Second)
	for i := range int64(10) {
		st.collect(&st.s.Young, "G1 Evacuation Pause", time.Millisecond, (10+20*(i%2))*mib).run(900 * time.Millisecond)
	}
	if st.last.BytesPerSecond != 0 || st.last.SecondsToLimit != 0 {
		t.Errorf("a sawtooth rises by %.0f bytes/s", st.last.BytesPerSecond)
	}
}

// TestRecording: what is recorded gives the same readings when it is read.
func TestRecording(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	r, err := NewRecorder(&file, Header{Start: start, PID: 7, Collector: perfdata.G1, LimitBytes: 100 * mib})
	if err != nil {
		t.Fatal(err)
	}
	st := tell(perfdata.G1)
	step := func() {
		st.run(100 * time.Millisecond)
		if err := r.Add(st.s); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		step()
	}
	st.s.Full, st.s.UsedBytes, st.s.LastCause = perfdata.Pauses{Count: 2, Time: time.Second}, 97*mib, "G1 Compaction Pause"
	for range 20 {
		step()
	}
	if err := r.Gone(st.s.At.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(file.Bytes(), []byte("\n")); lines > 15 {
		t.Errorf("%d lines for 70 samples of which few moved", lines)
	}
	if !IsRecording(file.Bytes()) {
		t.Error("its own beginning is not known")
	}
	rec, err := Read(bytes.NewReader(file.Bytes()))
	if err != nil || rec.Lost != "" {
		t.Fatal(err, rec.Lost)
	}
	s := rec.Replay(testRules(), nil)
	if s.FullCollections != 2 || s.DyingAt.IsZero() || s.PeakAfterBytes != 97*mib || s.GoneAt.IsZero() || s.Paused != time.Second {
		t.Errorf("summary %+v", s)
	}
	if lead, ok := s.Foretold(); !ok || lead < 0 || lead > 3*time.Second {
		t.Errorf("foretold %v, %v", lead, ok)
	}
	// Cut anywhere, it gives what is before the cut.
	for n := range file.Len() {
		rec, err := Read(bytes.NewReader(file.Bytes()[:n]))
		if err == nil && len(rec.Samples) > 15 || err != nil && !errors.Is(err, ErrNotRecording) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	header := `{"schema":1,"start":"2026-01-02T03:04:05Z","limit_bytes":1}` + "\n"
	for text, want := range map[string]string{
		"":                                   "not a recording",
		"{}\n":                               "not a recording",
		`{"schema":1}` + "\n":                "not a recording",
		"profile\n":                          "not a recording",
		strings.Repeat("x", 1<<20):           "not a recording",
		strings.Replace(header, "1", "9", 1): "newer",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, want %s", text, err, want)
		}
	}
	for _, damage := range []string{"nonsense\n", `{"t":-5}` + "\n", strings.Repeat("x", 1<<20)} {
		rec, err := Read(strings.NewReader(header + `{"t":1,"used":5}` + "\n" + damage))
		if err != nil || len(rec.Samples) != 1 || rec.Lost == "" {
			t.Errorf("%.20q: %+v, %v", damage, rec, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"schema":1,"start":"2026-01-02T03:04:05Z"}` + "\n" + `{"t":1,"used":5,"full":[3,4]}` + "\n" + `{"t":9,"gone":true}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		rec.Replay(DefaultRules(), func(r Reading) {
			if _, err := json.Marshal(r); err != nil {
				t.Fatal(err)
			}
		})
	})
}
