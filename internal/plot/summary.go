// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/series"
	"example.invalid/starlark-memls/internal/threshold"
)

// A Choice is what of the rows is drawn.
type Choice struct {
	// MinBytes and MaxBytes bound the limits; 0 is no bound.
	MinBytes, MaxBytes int64
	// ExcludeCrashes leaves crashed builds out of means and deviations where
	// a build under the same limit passed.
	ExcludeCrashes bool
}

// A Series is the builds that belong to one line.
type Series struct {
	Name   string
	Limits []Limit // ascending
	// Finding is what the outcomes tell of the limit that the build needs;
	// nil where not both outcomes were seen.
	Finding *threshold.Judgement
}

// A Limit is all builds of a series under one memory limit.
type Limit struct {
	Bytes         int64
	Builds        int // that passed or crashed
	Crashes       int
	Seconds, GCs  Spread
	ExcludedCount int // crashed builds that Seconds and GCs leave out
	// Sources are the paths of the measurements; a line of a table has none.
	Sources []string
}

// A Spread is a mean with the sample's standard deviation, of Count values.
type Spread struct {
	Mean, Deviation float64
	Count           int
}

// Crashed reports whether any build crashed, which the origin takes for the
// limit's status.
func (l Limit) Crashed() bool { return l.Crashes > 0 }

// Outlier reports a deviation larger than the mean: one build took so long
// that the figures say little.
func (s Spread) Outlier() bool { return s.Mean-s.Deviation < 0 }

// Summarize sorts rows into series, by the folder or table they are from and
// by mode, and sums up each limit. Warm-ups and builds that neither passed nor
// crashed say nothing about the limit and are left out.
func Summarize(rows []series.Row, choice Choice) []Series {
	type key struct{ from, mode string }
	groups := map[key][]*series.Row{}
	var order []key
	for i := range rows {
		r := &rows[i]
		if r.Warmup || r.MemoryLimitBytes == 0 || r.Status != measurement.OK && !r.Crashed() {
			continue
		}
		if r.MemoryLimitBytes < choice.MinBytes || choice.MaxBytes > 0 && r.MemoryLimitBytes > choice.MaxBytes {
			continue
		}
		k := key{r.Series, r.Mode}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	modes := map[string]int{}
	for _, k := range order {
		modes[k.mode]++
	}
	list := make([]Series, 0, len(order))
	for _, k := range order {
		name := strings.TrimSuffix(filepath.Base(k.from), ".csv")
		if k.mode != "" && modes[k.mode] == 1 {
			name = k.mode
		}
		list = append(list, summarize(name, groups[k], choice))
	}
	return list
}

func summarize(name string, rows []*series.Row, choice Choice) Series {
	s := Series{Name: name}
	byLimit := map[int64][]*series.Row{}
	var trials []threshold.Trial
	crashes := 0
	for _, r := range rows {
		byLimit[r.MemoryLimitBytes] = append(byLimit[r.MemoryLimitBytes], r)
		trials = append(trials, threshold.Trial{LimitBytes: r.MemoryLimitBytes, Crashed: r.Crashed()})
		if r.Crashed() {
			crashes++
		}
	}
	for bytes, rows := range byLimit {
		s.Limits = append(s.Limits, sumUp(bytes, rows, choice))
	}
	slices.SortFunc(s.Limits, func(a, b Limit) int { return cmp.Compare(a.Bytes, b.Bytes) })
	if crashes > 0 && crashes < len(trials) {
		if found, err := threshold.JudgeTrials(trials); err == nil {
			s.Finding = &found
		}
	}
	return s
}

func sumUp(bytes int64, rows []*series.Row, choice Choice) Limit {
	l := Limit{Bytes: bytes, Builds: len(rows)}
	for _, r := range rows {
		if r.Crashed() {
			l.Crashes++
		}
		if r.Path != "" && r.Path != r.Series {
			l.Sources = append(l.Sources, r.Path)
		}
	}
	if choice.ExcludeCrashes && l.Crashes < l.Builds {
		l.ExcludedCount = l.Crashes
	}
	var seconds, gcs []float64
	for _, r := range rows {
		if l.ExcludedCount > 0 && r.Crashed() {
			continue
		}
		if s, ok := r.Seconds(); ok {
			seconds = append(seconds, s)
		}
		if n, ok := r.GCs(); ok {
			gcs = append(gcs, float64(n))
		}
	}
	l.Seconds, l.GCs = spread(seconds), spread(gcs)
	return l
}

func spread(values []float64) Spread {
	switch len(values) {
	case 0:
		return Spread{}
	case 1:
		return Spread{Mean: values[0], Count: 1}
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	return Spread{mean, deviation, len(values)}
}

// WriteLines prints a line for each limit, as the origin's plot does: the
// limit in MiB, mean and standard deviation of the duration in seconds, mean
// minus deviation, ok or crash, and the share of crashes. Limits whose
// deviation is larger than their mean are warned of on complaints.
func WriteLines(w, complaints io.Writer, list []Series) error {
	for _, s := range list {
		if len(list) > 1 {
			if _, err := fmt.Fprintf(w, "# %s\n", s.Name); err != nil {
				return err
			}
		}
		for _, l := range s.Limits {
			status := "ok"
			if l.Crashed() {
				status = "crash"
			}
			d := l.Seconds
			_, err := fmt.Fprintf(w, "%s, %.3f, %.3f, %.3f, %s, %d/%d\n", mebibytes(l.Bytes), d.Mean, d.Deviation, d.Mean-d.Deviation, status, l.Crashes, l.Builds)
			if err != nil {
				return err
			}
			if d.Outlier() {
				fmt.Fprintf(complaints, "outlier: %s at %s MiB: the durations differ by more than their mean; see its runs with stats\n", s.Name, mebibytes(l.Bytes))
			}
		}
	}
	return nil
}

// LinesHeader names the fields of WriteLines, as a comment.
const LinesHeader = "# limit in MiB, mean of the seconds, standard deviation, mean minus deviation, ok or crash, crashes/builds"

// Results say which limit to set, a line for each series that tells it.
func Results(list []Series) (lines []string) {
	for _, s := range list {
		limit, risk, ok := s.recommended()
		if !ok {
			continue
		}
		text := fmt.Sprintf("-Xmx%.0fm: at most %s of the builds crash", limit, percent(risk))
		if len(list) > 1 {
			text = s.Name + ": " + text
		}
		lines = append(lines, text)
	}
	return lines
}

// mebibytes writes a limit in MiB, as -Xmx counts them.
func mebibytes(bytes int64) string {
	mb := float64(bytes) / (1 << 20)
	if mb == math.Trunc(mb) {
		return fmt.Sprintf("%.0f", mb)
	}
	return fmt.Sprintf("%.1f", mb)
}
