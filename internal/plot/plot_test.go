// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/series"
)

// origin is a table in the origin's form: crashes below 300 MiB, some at 300.
const origin = `200m, WARMUP, 5, 1000000, ok
200m, 1, 90, 9000000, crash
200m, 2, 94, 11000000, crash
300m, 1, 80, 12000000, ok
300m, 2, 60, 18000000, crash
400m, 1, 50, 10000000, ok
400m, 2, 54, 14000000, ok
800m, 1, 20, 10000000, ok
800m, 2, 20, 10000000, ok
`

func rows(t *testing.T, name, table string) []series.Row {
	t.Helper()
	list, err := series.ReadCSV(strings.NewReader(table), name)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	list := Summarize(rows(t, "regular.csv", origin), Choice{})
	if len(list) != 1 || list[0].Name != "regular" || len(list[0].Limits) != 4 || list[0].Finding == nil {
		t.Fatalf("series %+v", list)
	}
	// By hand: 12 and 18 s have mean 15 and sample deviation √18.
	got := list[0].Limits[1]
	if got.Builds != 2 || got.Crashes != 1 || got.Seconds.Mean != 15 || math.Abs(got.Seconds.Deviation-math.Sqrt(18)) > 1e-9 || got.GCs.Mean != 70 {
		t.Errorf("at 300 MiB: %+v", got)
	}
	excluded := Summarize(rows(t, "regular.csv", origin), Choice{ExcludeCrashes: true, MinBytes: 250 << 20, MaxBytes: 500 << 20})
	if len(excluded[0].Limits) != 2 {
		t.Fatalf("limits from 250 to 500 MiB: %+v", excluded[0].Limits)
	}
	if got := excluded[0].Limits[0]; got.Seconds.Mean != 12 || got.Seconds.Deviation != 0 || got.ExcludedCount != 1 || !got.Crashed() {
		t.Errorf("without the crash: %+v", got)
	}
}

func TestWriteLines(t *testing.T) {
	t.Parallel()
	var out, complaints bytes.Buffer
	table := origin + "900m, 1, 9, 1000000, ok\n900m, 2, 9, 90000000, ok\n"
	if err := WriteLines(&out, &complaints, Summarize(rows(t, "x", table), Choice{})); err != nil {
		t.Fatal(err)
	}
	want := `200, 10.000, 1.414, 8.586, crash, 2/2
300, 15.000, 4.243, 10.757, crash, 1/2
400, 12.000, 2.828, 9.172, ok, 0/2
800, 10.000, 0.000, 10.000, ok, 0/2
900, 45.500, 62.933, -17.433, ok, 0/2
`
	if out.String() != want {
		t.Errorf("the lines are\n%swant\n%s", out.String(), want)
	}
	if !strings.Contains(complaints.String(), "outlier: x at 900 MiB") || strings.Count(complaints.String(), "\n") != 1 {
		t.Errorf("warned of %q, want of 900 MiB alone", complaints.String())
	}
}

// document reads an SVG: its labels, and how often each class is used.
func document(t *testing.T, text []byte) (labels []string, classes map[string]int) {
	t.Helper()
	classes = map[string]int{}
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return labels, classes
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local == "text" || start.Name.Local == "image" {
			t.Errorf("<%s> depends on the viewer", start.Name.Local)
		}
		for _, a := range start.Attr {
			switch a.Name.Local {
			case "aria-label":
				labels = append(labels, a.Value)
			case "class":
				classes[a.Value]++
			case "d":
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Errorf("a path leads nowhere: %s", a.Value)
				}
			}
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	one := Summarize(rows(t, "regular.csv", origin), Choice{})
	picture, err := Limits(one)
	if err != nil {
		t.Fatal(err)
	}
	labels, classes := document(t, picture.SVG())
	all := strings.Join(labels, "\n")
	for _, want := range []string{"duration (s)", "memory limit -Xmx (MiB, logarithmic)", "garbage collections", "crashes (%)", "2/2", "1/2", "% crash", "200", "800"} {
		if !strings.Contains(all, want) {
			t.Errorf("the picture lacks %q; it has\n%s", want, all)
		}
	}
	if classes["s-orange"] == 0 || classes["s-red"] == 0 || classes["f-paper"] == 0 {
		t.Errorf("classes %v: want the second axis, crosses, a ground", classes)
	}

	two := append(one, Summarize(rows(t, "skymeld.csv", strings.ReplaceAll(origin, "crash", "ok")), Choice{})...)
	if picture, err = Limits(two); err != nil {
		t.Fatal(err)
	}
	labels, classes = document(t, picture.SVG())
	if all := strings.Join(labels, "\n"); strings.Contains(all, "garbage") || !strings.Contains(all, "skymeld") || !strings.Contains(all, "regular") {
		t.Errorf("two series have the labels\n%s", all)
	}
	if classes["s-blue"] == 0 || classes["s-faded"] == 0 {
		t.Errorf("classes %v: want the second in colour, the first grey", classes)
	}
}

func TestNothingToDraw(t *testing.T) {
	t.Parallel()
	if _, err := Limits(Summarize(rows(t, "x", "200m, WARMUP, 1, 1, ok"), Choice{})); !errors.Is(err, ErrNothing) {
		t.Errorf("a warm-up alone: %v", err)
	}
	for name, draw := range map[string]func(*Profile) (*Picture, error){"active": ActiveGCs, "pauses": GCPauses, "gaps": GCGaps} {
		if _, err := draw(&Profile{}); !errors.Is(err, ErrNoGCs) {
			t.Errorf("%s of nothing: %v", name, err)
		}
	}
	if _, err := HeapOverTime(&Profile{}); !errors.Is(err, ErrNoCounters) {
		t.Errorf("the heap of nothing: %v", err)
	}
}

// TestOddSeries: one build, one limit, equal limits, no durations.
func TestOddSeries(t *testing.T) {
	t.Parallel()
	for name, table := range map[string]string{
		"one build":     "200m, 1, 5, 1000000, ok",
		"one crash":     "200m, 1, 0, 0, crash",
		"one limit":     "200m, 1, 5, 1000000, ok\n200m, 2, 5, 3000000, crash",
		"a wide span":   "1m, 1, 5, 1000000, crash\n100g, 2, 5, 3000000, ok",
		"very close":    "204800k, 1, 5, 1000000, crash\n204801k, 2, 5, 3000000, ok",
		"long duration": "200m, 1, 5, 100000000000, ok",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			picture, err := Limits(Summarize(rows(t, "x", table), Choice{}))
			if err != nil {
				t.Fatal(err)
			}
			document(t, picture.SVG())
			if _, err := picture.PNG(Light); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestProfilePictures(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../../examples/memory-eater/measurements/200m-2/profile.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p, err := ReadProfile(t.Context(), file, false)
	if err != nil {
		t.Fatal(err)
	}
	p.Heap = []trace.CounterSample{{Micros: 0, Value: 10}, {Micros: 1e6, Value: 190}, {Micros: 2e6, Value: 30}}
	minors, majors := len(ofKind(p.Collections, trace.MinorGC)), len(ofKind(p.Collections, trace.MajorGC))
	tests := map[string]struct {
		draw func(*Profile) (*Picture, error)
		want []string
	}{
		"active": {ActiveGCs, []string{"collections in progress", "time since the start of the profile (s)"}},
		"pauses": {GCPauses, []string{"pause (ms)", fmt.Sprintf("minor (%d)", minors), fmt.Sprintf("major (%d)", majors)}},
		"gaps":   {GCGaps, []string{"since the last of its kind (s)", fmt.Sprintf("minor (%d)", minors-1), fmt.Sprintf("major (%d)", majors-1)}},
		"heap":   {HeapOverTime, []string{"memory (MiB)", "major collections"}},
	}
	for name, tt := range tests {
		picture, err := tt.draw(p)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		labels, _ := document(t, picture.SVG())
		for _, want := range tt.want {
			if !strings.Contains(strings.Join(labels, "\n"), want) {
				t.Errorf("%s lacks %q; it has %q", name, want, labels)
			}
		}
	}
}

func TestActiveSteps(t *testing.T) {
	t.Parallel()
	got := activeSteps([]trace.Collection{
		{StartMicros: 0, DurationMicros: 10}, {StartMicros: 5, DurationMicros: 10},
		{StartMicros: 15, DurationMicros: 5}, {StartMicros: 30}, // starts where another ends; none at all
	})
	want := []levelChange{{0, 1}, {5, 2}, {10, 1}, {15, 1}, {20, 0}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("steps %v, want %v", got, want)
	}
}

// TestPNG: 1920 by 1080, on the theme's ground.
func TestPNG(t *testing.T) {
	t.Parallel()
	picture, err := Limits(Summarize(rows(t, "x", origin), Choice{}))
	if err != nil {
		t.Fatal(err)
	}
	for theme, ground := range map[Theme]color.NRGBA{Light: paper.light, Dark: paper.dark} {
		text, err := picture.Encode("x.png", theme)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if size := img.Bounds().Size(); size != (image.Point{X: 1920, Y: 1080}) {
			t.Errorf("the picture is %v", size)
		}
		if got := color.NRGBAModel.Convert(img.At(3, 3)); got != ground {
			t.Errorf("the ground is %v, want %v", got, ground)
		}
	}
	if _, err := picture.Encode("x.pdf", Light); err == nil {
		t.Error("a PDF was made")
	}
}

// TestContrast: every paint is read on its ground (WCAG 2.1: 4.5 to 1).
func TestContrast(t *testing.T) {
	t.Parallel()
	for _, p := range []paint{ink, faded, blue, orange, red, green, purple, teal} {
		for _, theme := range []Theme{Light, Dark} {
			if got := contrast(p.in(theme), paper.in(theme)); got < 4.5 {
				t.Errorf("%s in theme %d has a contrast of %.1f to its ground", p.name, theme, got)
			}
		}
	}
}

func contrast(a, b color.NRGBA) float64 {
	luminance := func(c color.NRGBA) float64 {
		linear := func(v uint8) float64 {
			s := float64(v) / 255
			if s <= 0.04045 {
				return s / 12.92
			}
			return math.Pow((s+0.055)/1.055, 2.4)
		}
		return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestDarkStyle: each class that the picture uses has a dark colour.
func TestDarkStyle(t *testing.T) {
	t.Parallel()
	picture, err := Limits(Summarize(rows(t, "x", origin), Choice{}))
	if err != nil {
		t.Fatal(err)
	}
	text := picture.SVG()
	_, classes := document(t, text)
	styled := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\.([fs]-[a-z]+) \{ (?:fill|stroke): #[0-9a-f]{6} \}$`).FindAllSubmatch(text, -1) {
		styled[string(m[1])] = true
	}
	for class := range classes {
		if !styled[class] {
			t.Errorf("class %s has no dark colour", class)
		}
	}
}

func TestTicks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		low, high float64
		want      string
	}{
		{150, 1050, "150 200 250 300 400 500 600 700 800 1000"},
		{190, 310, "190 200 210 220 230 240 250 260 270 280 290 300 310"},
		{1, 100000, "1 2 5 10 20 50 100 200 500 1000 2000 5000 10000 20000 50000 100000"},
	} {
		var got []string
		for _, tick := range limitTicks(tt.low, tt.high) {
			got = append(got, tick.label)
		}
		if len(got) < 4 || strings.Join(got, " ") != tt.want {
			t.Errorf("from %g to %g: %s, want %s", tt.low, tt.high, strings.Join(got, " "), tt.want)
		}
	}
	var got []string
	for _, tick := range niceTicks(0, 1.1, 6) {
		got = append(got, tick.label)
	}
	if strings.Join(got, " ") != "0.0 0.2 0.4 0.6 0.8 1.0" {
		t.Errorf("from 0 to 1.1: %v", got)
	}
}

// TestCountsHaveWholeTicks: of one collection at a time there is no fifth.
func TestCountsHaveWholeTicks(t *testing.T) {
	t.Parallel()
	p := &Profile{Name: "200m-1", LastMicros: 20e6, Collections: []trace.Collection{{StartMicros: 5e6, DurationMicros: 1e6}}}
	picture, err := ActiveGCs(p)
	if err != nil {
		t.Fatal(err)
	}
	labels, _ := document(t, picture.SVG())
	if i := slices.IndexFunc(labels, func(l string) bool { return strings.Contains(l, ".") }); i >= 0 {
		t.Errorf("a tick is %q", labels[i])
	}
	if !slices.Contains(labels, "1") || !strings.Contains(strings.Join(labels, "\n"), "in progress: 200m-1") {
		t.Errorf("the labels are %q, want a tick at 1 and the measurement's name", labels)
	}
}
