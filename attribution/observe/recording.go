// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"

	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/jfr"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
)

// Allocations that the JVM recorded (Java Flight Recorder). They tell the
// thread and the time, not the Starlark function: which one that was, the
// profile knows of the same thread at the same time. All that was allocated is
// in them, garbage and what string concatenation builds too.

// RecordedFacts are what a recording of allocations says as a whole.
type RecordedFacts struct {
	// Samples and Bytes are of all threads; InCalls the bytes of those in
	// recorded Starlark calls, OnThreads of those on the threads that ran any.
	Samples                   int
	Bytes, InCalls, OnThreads int64
	// Clocks is how its clock was set to the profile's.
	Clocks ClockSetting
}

const (
	// maxRecorded bounds the samples that are kept, some 30 bytes each: an
	// hour at the 1000 a second that watch asks for.
	maxRecorded = 4 << 20
	// maxPacked bounds a recording that was gzip'd, in bytes.
	maxPacked = 1 << 30
)

type recordingPart struct {
	partRead
	facts *RecordedFacts
}

// unjoined says why a recording, if there is one, tells nothing of functions.
func (p *recordingPart) unjoined(rec *recordingRead, why string) {
	if rec != nil {
		p.warn("%s", why)
	}
}

// take takes what was joined, and says how well.
func (p *recordingPart) take(j *joining) {
	if j == nil {
		return
	}
	p.facts = &j.facts
	f := p.facts
	p.warn("%s allocated in %s; its clock matches the profile's at %d collections (to about %s); recorded Starlark calls account for %s of what their threads allocated",
		quantity.Bytes(f.Bytes), quantity.Count(f.Samples, "sample", "samples"), f.Clocks.Collections, quantity.Micros(f.Clocks.ErrorMicros),
		quantity.Share(stats.Part(f.InCalls, f.OnThreads)))
}

// An allocated is a sample on one thread.
type allocated struct {
	micros int64 // Unix time, and of the profile once the clocks are set
	bytes  int64
	taken  bool
}

// A recordingRead is what was read of one.
type recordingRead struct {
	threads     map[jfr.VMThread][]allocated
	collections []jfr.Collection
	samples     int
	bytes       int64
}

// readRecording reads the measurement's recording; nil where there is none to join.
func (o *observer) readRecording(ctx context.Context) (*recordingRead, error) {
	p := &o.recording.partRead
	f, ok := o.open(ctx, p, measurement.FlightRecording)
	if !ok {
		return nil, nil
	}
	defer f.Close()
	if p.empty {
		p.warn("this flight recording is empty: it was not stopped, or dumped, before the server ended")
		return nil, nil
	}
	source, size, err := randomAccess(f)
	if err == nil {
		var rec *recordingRead
		var sum jfr.RecordingSummary
		if rec, sum, err = recorded(ctx, source, size); err == nil {
			if sum.Damage != "" {
				p.warn("%s", sum.Damage)
			}
			if sum.LostBytes > 0 {
				p.warn("the JVM had no room for %s of its events", quantity.Bytes(sum.LostBytes))
			}
			return rec, nil
		}
	}
	return nil, damaged(ctx, p, err)
}

// randomAccess is the file, or what is packed in it.
func randomAccess(f *input.File) (io.ReaderAt, int64, error) {
	if !isGzip(f) {
		return f, f.Size(), nil
	}
	inner, err := measurement.Inflated(f)
	if err != nil {
		return nil, 0, err
	}
	text, err := io.ReadAll(io.LimitReader(inner, maxPacked+1))
	if len(text) > maxPacked {
		return nil, 0, fmt.Errorf("inflated, this flight recording has more than %d MiB: give it as it was", maxPacked>>20)
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, err
	}
	return bytes.NewReader(text), int64(len(text)), nil
}

// recorded reads the samples by thread. Of the kinds of events that tell of the
// same bytes the one is taken that stands for all.
func recorded(ctx context.Context, r io.ReaderAt, size int64) (*recordingRead, jfr.RecordingSummary, error) {
	rec := &recordingRead{threads: map[jfr.VMThread][]allocated{}}
	buffers := &recordingRead{threads: map[jfr.VMThread][]allocated{}} // before JDK 16
	sum, err := jfr.Read(ctx, r, size, jfr.Visitor{
		Allocation: func(a *jfr.Allocation) {
			to := rec
			if a.Source != jfr.Sample {
				to = buffers
			}
			if rec.samples+buffers.samples < maxRecorded {
				to.threads[a.Thread] = append(to.threads[a.Thread], allocated{micros: a.At.UnixMicro(), bytes: a.Bytes})
				to.samples++
				to.bytes += a.Bytes
			}
		},
		Collection: func(c *jfr.Collection) { rec.collections = append(rec.collections, *c) },
	})
	if err != nil {
		return nil, sum, err
	}
	if rec.samples == 0 {
		rec.threads, rec.samples, rec.bytes = buffers.threads, buffers.samples, buffers.bytes
	}
	for _, list := range rec.threads {
		slices.SortStableFunc(list, func(a, b allocated) int { return cmp.Compare(a.micros, b.micros) })
	}
	return rec, sum, nil
}

// join sets the clock of a recording, if there is one, to that of the profile in
// f, which is read for it and then rewound.
func (o *observer) join(ctx context.Context, rec *recordingRead, f *input.File) (*joining, error) {
	if rec == nil {
		return nil, nil
	}
	j, why, err := rec.joinTo(ctx, f)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil && j == nil {
		o.recording.unjoined(rec, why)
	}
	// What is wrong with the profile is told when it is read for itself.
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if o.opts.MaxBytes > 0 {
		f.Bound(o.opts.MaxBytes)
	}
	return j, nil
}

// A joining finds the Starlark call around each sample.
type joining struct {
	threads map[int64][]allocated // by the profile's threads
	ran     map[int64]bool        // Starlark
	facts   RecordedFacts
}

// joinTo sets the recording's clock to the profile's, which is read from r for
// its collections and the names of its threads. Nil, with a reason, where it
// cannot be set.
func (rec *recordingRead) joinTo(ctx context.Context, r io.Reader) (*joining, string, error) {
	if rec.samples == 0 {
		return nil, "it holds no allocations: record with jdk.ObjectAllocationSample enabled, as watch --allocations does", nil
	}
	var seen trace.CollectionRecorder
	sum, err := trace.Read(ctx, r, func(e *trace.Event) error {
		seen.Add(e)
		return nil
	}, trace.Select(trace.CategoryGC))
	if err != nil {
		return nil, "", err
	}
	clocks, ok := setClocks(seen.Collections(false), rec.collections, sum.Header.StartMillis)
	if !ok {
		return nil, fmt.Sprintf("its clock cannot be matched with the profile's: its %s and the profile's %d do not fit together, so it says nothing about functions (is it of another build?)",
			quantity.Count(len(rec.collections), "collection", "collections"), len(seen.Collections(false))), nil
	}
	j := &joining{threads: map[int64][]allocated{}, ran: map[int64]bool{}, facts: RecordedFacts{Samples: rec.samples, Bytes: rec.bytes, Clocks: clocks}}
	for thread, samples := range rec.threads {
		id, ok := threadOf(thread, sum.Threads)
		if !ok {
			continue
		}
		samples = slices.Clone(samples)
		for i := range samples {
			samples[i].micros -= clocks.StartMicros
		}
		j.threads[id] = samples
	}
	return j, "", nil
}

// threadOf is the profile's thread that one of the JVM's is: it has the name,
// and where several have, as Bazel's pools that follow each other, the number.
func threadOf(t jfr.VMThread, names map[int64]string) (id int64, ok bool) {
	if names[t.ID] == t.Name {
		return t.ID, true
	}
	n := 0
	for candidate, name := range names {
		if name == t.Name {
			id, n = candidate, n+1
		}
	}
	return id, n == 1
}

// take is what was sampled in a stretch of a thread that is a function's own.
func (j *joining) take(thread int64, own trace.Span, add func(bytes int64)) {
	samples := j.threads[thread]
	if len(samples) > 0 && !j.ran[thread] {
		j.ran[thread] = true
		for i := range samples {
			j.facts.OnThreads += samples[i].bytes
		}
	}
	i := sort.Search(len(samples), func(i int) bool { return samples[i].micros >= own.Start })
	for ; i < len(samples) && samples[i].micros < own.End; i++ {
		if !samples[i].taken {
			samples[i].taken = true
			j.facts.InCalls += samples[i].bytes
			add(samples[i].bytes)
		}
	}
}
