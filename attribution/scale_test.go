// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
)

// BenchmarkSeries observes and concludes a series of measurements of 10,000
// events each, as many as the series has. Time and memory grow linearly: the
// metrics are per measurement, and the live heap at the end.
func BenchmarkSeries(b *testing.B) {
	for _, n := range []int{100, 300, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			for i := range n {
				writeMeasurement(b, filepath.Join(dir, fmt.Sprintf("200m-%04d", i)), i, 10_000)
			}
			b.ResetTimer()
			for b.Loop() {
				g, err := gather.Paths(b.Context(), []string{dir}, observe.ReadOptions{})
				if err != nil || len(g.Observations) != n {
					b.Fatalf("%d observations: %v", len(g.Observations), err)
				}
				r := Conclude(b.Context(), g.Observations, nil, ConcludeOptions{})
				b.StopTimer()
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "live-MB")
				b.ReportMetric(float64(m.Sys)/(1<<20), "sys-MB")
				runtime.KeepAlive(r)
				b.StartTimer()
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/float64(n)*1000, "ms/measurement")
		})
	}
}

// BenchmarkOneMore adds one measurement to a report that has many. The metrics
// are what it costs to observe it, and to conclude from it and what is loaded;
// the latter does not grow with what is loaded.
func BenchmarkOneMore(b *testing.B) {
	for _, n := range []int{100, 300, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir, more := b.TempDir(), b.TempDir()
			for i := range n {
				writeMeasurement(b, filepath.Join(dir, fmt.Sprintf("200m-%04d", i)), i, 10_000)
			}
			writeMeasurement(b, filepath.Join(more, "200m-9999"), n, 10_000)
			loaded, err := gather.Paths(b.Context(), []string{dir}, observe.ReadOptions{})
			if err != nil {
				b.Fatal(err)
			}
			earlier := Conclude(b.Context(), loaded.Observations, nil, ConcludeOptions{})
			var observing, concluding time.Duration
			for b.Loop() {
				began := time.Now()
				g, err := gather.Paths(b.Context(), []string{more}, observe.ReadOptions{})
				if err != nil || len(g.Observations) != 1 {
					b.Fatalf("%d observations: %v", len(g.Observations), err)
				}
				observed := time.Now()
				all := append(loaded.Observations[:n:n], g.Observations...)
				if r := Conclude(b.Context(), all, nil, ConcludeOptions{Earlier: earlier}); len(r.Measurements) != n+1 {
					b.Fatalf("%d measurements", len(r.Measurements))
				}
				observing += observed.Sub(began)
				concluding += time.Since(observed)
			}
			b.ReportMetric(float64(observing.Microseconds())/1000/float64(b.N), "observe-ms")
			b.ReportMetric(float64(concluding.Microseconds())/1000/float64(b.N), "conclude-ms")
		})
	}
}

// writeMeasurement writes a folder with a profile of so many events, of which
// a tenth are collections, and with measurement.json; every third crashed.
func writeMeasurement(tb testing.TB, dir string, number, events int) {
	tb.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "profile.gz"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, _ := gzip.NewWriterLevel(f, gzip.BestSpeed)
	defer z.Close()
	r := rand.New(rand.NewPCG(uint64(number), 7))
	fmt.Fprint(z, `{"otherData":{"build_id":"`, number, `"},"traceEvents":[`+"\n")
	fmt.Fprint(z, `{"name":"Load and analyze dependencies","cat":"build phase marker","ph":"X","pid":1,"tid":1,"ts":0,"dur":0}`)
	for i := range events {
		at := int64(i) * 10_000
		if i%10 == 0 {
			fmt.Fprintf(z, ",\n"+`{"name":"minor GC","cat":"gc notification","ph":"X","pid":1,"tid":9,"ts":%d,"dur":%d}`, at, 500+r.IntN(2000))
			continue
		}
		fmt.Fprintf(z, ",\n"+`{"name":"impl%d","cat":"Starlark user function call","ph":"X","pid":1,"tid":%d,"ts":%d,"dur":%d}`, r.IntN(300), 20+i%4, at, 5000+r.IntN(30_000))
	}
	fmt.Fprint(z, "\n]}\n")
	status := "ok"
	if number%3 == 0 {
		status = "out_of_memory"
	}
	record := fmt.Sprintf(`{"schema":1,"memory_limit_bytes":%d,"run":"%d","status":%q,"end":%q}`, 200<<20, number, status,
		time.Date(2026, 1, 2, 3, 0, number, 0, time.UTC).Format(time.RFC3339))
	if err := os.WriteFile(filepath.Join(dir, "measurement.json"), []byte(record), 0o644); err != nil {
		tb.Fatal(err)
	}
}
