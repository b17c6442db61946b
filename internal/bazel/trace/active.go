// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/plain"
)

// The functions that were active at the end of a profile, as
// memory-adventure's parse-profile.py finds them
// (github.com/meroton/memory-adventure; BazelCon 2023): its users' scripts and
// figures rest on its output, so this agrees with it event for event, where a
// better answer is known too. What it does that one would not guess:
//
//   - Only user functions count, and only those with a duration.
//   - Of calls on a thread that end in the same microsecond the one that is
//     later in the file is the thread's last: the caller.
//   - A window is open: a call that ends exactly its length before the latest
//     is outside. A thread is shown in that case.
//   - A profile that is cut loses its last line even if the event in it is
//     whole.
//
// In one thing it differs: that script ends with an error where there is no
// call, where a thread has no name, and where a call has no duration. Here
// such a thread is called after its id, and such a call left out.

// Thresholds are the lengths of the windows before the latest end of a call,
// in microseconds.
type Thresholds struct{ Close, Medium, Far int64 }

// ParseThresholds reads "close,medium,far" in microseconds, each an integer or
// a decimal number such as 1e5; fractions are cut off.
func ParseThresholds(text string) (Thresholds, error) {
	fields := strings.Split(text, ",")
	if len(fields) != 3 {
		return Thresholds{}, fmt.Errorf("thresholds %q: want three numbers, close,medium,far", text)
	}
	var values [3]int64
	for i, f := range fields {
		v, err := strconv.ParseFloat(strings.TrimSpace(f), 64)
		if err != nil || !(v >= 0 && v <= maxMicros) {
			return Thresholds{}, fmt.Errorf("thresholds %q: %q is not a length of time in microseconds", text, f)
		}
		values[i] = int64(v)
	}
	return Thresholds{values[0], values[1], values[2]}, nil
}

// A View is one way to show what was active.
type View string

// The views.
const (
	ViewThreads   View = "threads"   // each thread's last call
	ViewHistogram View = "histogram" // the three windows
	ViewClose     View = "close"
	ViewMedium    View = "medium"
	ViewFar       View = "far"
)

// An ActiveCall is a call that ended near the end.
type ActiveCall struct {
	Function  string
	Thread    int64
	EndMicros int64
}

// An ActiveThread is a thread with its last call.
type ActiveThread struct {
	Name string // with dashes for spaces
	ActiveCall
}

// Active is what was active at the end of a profile.
type Active struct {
	// Threads are the threads whose last call ended at most Far before it, by
	// that call's end.
	Threads []ActiveThread
	// Close, Medium and Far are the calls that ended in each window, by end.
	Close, Medium, Far []ActiveCall
}

// ReadActive reads a profile and returns what was active at its end. Damage
// and errors are as in Read. Memory grows with the calls in the widest window.
func ReadActive(ctx context.Context, r io.Reader, t Thresholds) (*Active, ProfileSummary, error) {
	c := activeCollector{ended: NewWindow[ActiveCall](max(t.Close, t.Medium, t.Far), 0), last: map[int64]ActiveCall{}}
	p, err := read(ctx, r, c.visit, []Option{Select(CategoryStarlarkCall)})
	if p == nil {
		return nil, ProfileSummary{}, err
	}
	if err != nil {
		return nil, p.sum.summary(), err
	}
	// Only an event that is the profile's last can stand in a torn line.
	isLast := p.lastCategory() == CategoryStarlarkCall
	if !(isLast && p.sum.cutShort != nil && p.lastLineTorn()) {
		c.commit()
	}
	return c.active(t, p.sum.threads), p.sum.summary(), nil
}

// lastCategory is the category of the event that was decoded last.
func (p *parser) lastCategory() string {
	if p.category == nil {
		return ""
	}
	return p.category.name
}

// An activeCollector keeps what may turn out to lie near the end.
type activeCollector struct {
	newest  ActiveCall
	pending bool // newest is not counted yet
	ended   *EndWindow[ActiveCall]
	last    map[int64]ActiveCall // by thread
}

func (c *activeCollector) visit(e *Event) error {
	c.commit()
	if c.pending = e.HasDuration; c.pending {
		c.newest = ActiveCall{Function: e.Name, Thread: e.Thread, EndMicros: e.EndMicros()}
	}
	return nil
}

// commit counts the pending call.
func (c *activeCollector) commit() {
	if !c.pending {
		return
	}
	call := c.newest
	c.pending = false
	if last, known := c.last[call.Thread]; known && call.EndMicros >= last.EndMicros || !known && len(c.last) < maxThreads {
		c.last[call.Thread] = call
	}
	c.ended.Add(call.EndMicros, call)
}

func (c *activeCollector) active(t Thresholds, names map[int64]string) *Active {
	byEnd := func(a, b ActiveCall) int { return cmp.Compare(a.EndMicros, b.EndMicros) }
	latest, _ := c.ended.Latest()
	var calls []ActiveCall
	for _, e := range c.ended.Ended() {
		calls = append(calls, e.About)
	}
	slices.SortStableFunc(calls, byEnd)
	within := func(window int64) []ActiveCall {
		// The first call that is in it; all behind it are as well.
		i, _ := slices.BinarySearchFunc(calls, latest-window, func(a ActiveCall, limit int64) int {
			if a.EndMicros <= limit {
				return -1
			}
			return 1
		})
		return calls[i:]
	}
	a := &Active{Close: within(t.Close), Medium: within(t.Medium), Far: within(t.Far)}
	for id, call := range c.last {
		if latest-call.EndMicros <= t.Far {
			a.Threads = append(a.Threads, ActiveThread{threadName(id, names), call})
		}
	}
	slices.SortFunc(a.Threads, func(x, y ActiveThread) int {
		if d := byEnd(x.ActiveCall, y.ActiveCall); d != 0 {
			return d
		}
		return cmp.Compare(x.Thread, y.Thread)
	})
	return a
}

func threadName(id int64, names map[int64]string) string {
	if name, known := names[id]; known {
		return strings.ReplaceAll(name, " ", "-")
	}
	return "thread-" + strconv.FormatInt(id, 10)
}

// Print writes a view as parse-profile.py prints it: a line for each call with
// the function and its end in microseconds, behind the thread's name or, in
// the histogram, the window's. Control characters, which no function's name
// has, are replaced.
func (a *Active) Print(w io.Writer, view View) error {
	out := bufio.NewWriter(w)
	windows := map[View][]ActiveCall{ViewFar: a.Far, ViewMedium: a.Medium, ViewClose: a.Close}
	switch view {
	case ViewThreads:
		for _, t := range a.Threads {
			fmt.Fprintln(out, plain.Line(t.Name), plain.Line(t.Function), t.EndMicros)
		}
	case ViewHistogram:
		for _, name := range []View{ViewFar, ViewMedium, ViewClose} {
			for _, c := range windows[name] {
				fmt.Fprintln(out, name, plain.Line(c.Function), c.EndMicros)
			}
		}
	case ViewFar, ViewMedium, ViewClose:
		for _, c := range windows[view] {
			fmt.Fprintln(out, plain.Line(c.Function), c.EndMicros)
		}
	default:
		return fmt.Errorf("no view %q: want threads, histogram, close, medium or far", view)
	}
	return out.Flush()
}
