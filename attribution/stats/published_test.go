// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"math"
	"testing"
)

// Student's sleep data (1908, Biometrika 6:1), Welch's interval as R's t.test
// gives it.
func TestDifferenceOfMeansPublished(t *testing.T) {
	t.Parallel()
	var first, second Moments
	for _, x := range []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0} {
		first.Add(x)
	}
	for _, x := range []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4} {
		second.Add(x)
	}
	d, i, ok := DifferenceOfMeans(first, second)
	if !ok || math.Abs(d+1.58) > 1e-9 || math.Abs(i.Low+3.3654832) > 1e-6 || math.Abs(i.High-0.2054832) > 1e-6 {
		t.Errorf("%v, %v", d, i)
	}
	if _, _, ok := DifferenceOfMeans(first, Moments{N: 1}); ok {
		t.Error("known from one measurement")
	}
}

// TestRatioOfEstimates: with a certain divisor it is the divided interval;
// intervals that are symmetrical in logarithms join like standard errors.
func TestRatioOfEstimates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		above   float64
		in      Interval
		below   float64
		belowIn Interval
		want    Interval
	}{
		{6, Interval{2, 9}, 2, Interval{2, 2}, Interval{1, 4.5}},
		{math.Exp(2), Interval{math.Exp(-1), math.Exp(5)}, 1, Interval{math.Exp(-4), math.Exp(4)}, Interval{math.Exp(-3), math.Exp(7)}},
		{.5, Interval{0, 3}, 1, Interval{1, 1}, Interval{0, 3}}, // nothing was seen
	} {
		got := RatioOfEstimates(c.above, c.in, c.below, c.belowIn)
		if math.Abs(got.Low-c.want.Low) > 1e-9 || math.Abs(got.High-c.want.High) > 1e-9 {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.8g, want %.8g", what, got, want)
	}
}

// Worked examples from the literature and from R's documentation.

func TestFisherPublished(t *testing.T) {
	t.Parallel()
	tea := Fourfold{3, 1, 1, 3} // Fisher 1935, The Design of Experiments
	near(t, "tea, greater", fisher(tea), 17.0/70, 1e-12)
	convictions := Fourfold{10, 3, 2, 15} // Fisher 1962, Nature 195; ?fisher.test
	near(t, "convictions, greater", fisher(convictions), 0.0004652, 5e-8)
}

// fisher is Fisher's exact test: the stratified one over a single stratum.
func fisher(t Fourfold) float64 { return CMH([]Fourfold{t}).ExactGreater }

func TestProportionsPublished(t *testing.T) {
	t.Parallel()
	// Newcombe 1998, Stat. Med. 17:857, table I: methods 3 and 5.
	for _, c := range []struct {
		k, n          int
		wilson, exact Interval
	}{
		{81, 263, Interval{.2553, .3662}, Interval{.2527, .3676}},
		{15, 148, Interval{.0624, .1605}, Interval{.0578, .1617}},
		{0, 20, Interval{0, .1611}, Interval{0, .1684}},
		{1, 29, Interval{.0061, .1718}, Interval{.0009, .1776}},
	} {
		w, e := Wilson(float64(c.k), float64(c.n)), ClopperPearson(c.k, c.n)
		near(t, "Wilson, low", w.Low, c.wilson.Low, 5.1e-5)
		near(t, "Wilson, high", w.High, c.wilson.High, 5.1e-5)
		near(t, "exact, low", e.Low, c.exact.Low, 5.1e-5)
		near(t, "exact, high", e.High, c.exact.High, 5.1e-5)
	}
	// Newcombe 1998, Stat. Med. 17:873, table II, method 10: 56/70 - 48/80.
	i := IncreaseOf(56, 14, 48, 32, 100)
	near(t, "difference", i.Value, 0.2, 1e-12)
	near(t, "difference, low", i.Low, 0.0524, 5.1e-5)
	near(t, "difference, high", i.High, 0.3339, 5.1e-5)
}

func TestCMHPublished(t *testing.T) {
	t.Parallel()
	// Admissions to Berkeley by department (Bickel et al. 1975, Science
	// 187:398), as in R's ?mantelhaen.test.
	admissions := CMH([]Fourfold{
		{512, 313, 89, 19}, {353, 207, 17, 8}, {120, 205, 202, 391},
		{138, 279, 131, 244}, {53, 138, 94, 299}, {22, 351, 24, 317},
	})
	near(t, "odds ratio", admissions.OddsRatio, 0.9046968, 5e-8)
	near(t, "low", admissions.Interval.Low, 0.7719074, 5e-8)
	near(t, "high", admissions.Interval.High, 1.0603298, 5e-8)
	near(t, "chi-square", admissions.ChiSquare, 1.4269, 5e-5)
	near(t, "p", admissions.P, 0.2323, 5e-5)
	// Penicillin for rabbits (Mantel 1963; Agresti 1990): R's exact one-sided.
	rabbits := CMH([]Fourfold{{0, 6, 0, 5}, {3, 3, 0, 6}, {6, 0, 2, 4}, {5, 1, 6, 0}, {2, 0, 5, 0}})
	near(t, "exact", rabbits.ExactGreater, 0.01997, 5e-6)
}

func TestFDRPublished(t *testing.T) {
	t.Parallel()
	// Benjamini & Hochberg 1995, section 4.1: four of fifteen at 0.05.
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	q := BenjaminiHochberg(p)
	called := 0
	for _, v := range q {
		if v <= 0.05 {
			called++
		}
	}
	if called != 4 {
		t.Errorf("%d are called at 0.05, want 4", called)
	}
	near(t, "q of the fourth", q[3], 0.0095*15/4, 1e-12)
}

func TestStudentPublished(t *testing.T) {
	t.Parallel()
	near(t, "t(0.975; 4)", Student95(4), 2.776445, 5e-6)
	near(t, "P(T > 2.776445)", StudentTail(2.776445, 4), 0.025, 5e-8)
}

func TestSpectra(t *testing.T) {
	t.Parallel()
	all, none, half := Fourfold{4, 0, 0, 6}, Fourfold{0, 4, 3, 3}, Fourfold{2, 2, 3, 3}
	near(t, "Tarantula, all", Tarantula(all), 1, 0)
	near(t, "Tarantula, none", Tarantula(none), 0, 0)
	near(t, "Tarantula, half", Tarantula(half), .5, 1e-12)
	near(t, "Ochiai, all", Ochiai(all), 1, 0)
	near(t, "Ochiai, half", Ochiai(half), 2/math.Sqrt(20), 1e-12)
	// Importance: Increase 4/4 - 4/10, log recall 1.
	i := IncreaseOf(4, 0, 4, 6, 4)
	near(t, "importance", i.Importance, 2/(1/0.6+1), 1e-12)
}

func TestLinePublished(t *testing.T) {
	t.Parallel()
	// Anscombe 1973, American Statistician 27:17, first data set: slope
	// 0.500, standard error 0.118, 9 degrees of freedom.
	var l Line
	for i, x := range []float64{10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5} {
		l.Add(x, []float64{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68}[i])
	}
	slope, interval, ok := l.Slope()
	if !ok {
		t.Fatal("not known")
	}
	near(t, "slope", slope, 0.500091, 5e-7)
	near(t, "standard error", (interval.High-interval.Low)/2/2.262157, 0.117906, 5e-6)
	var flat Line
	for range 5 {
		flat.Add(3, 1)
	}
	if _, _, ok := flat.Slope(); ok {
		t.Error("a slope over one x")
	}
}

func TestRatioOfMeansPublished(t *testing.T) {
	t.Parallel()
	// Student's sleep data (1908), by Welch's test: R's ?t.test gives
	// t = -1.8608, p = 0.07939, -3.3654832 to 0.2054832. Here the data are
	// the exponentials, so that the logarithms are his.
	exponentials := func(hours ...float64) []float64 {
		for i := range hours {
			hours[i] = math.Exp(hours[i])
		}
		return hours
	}
	second := exponentials(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2)
	first := exponentials(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
	r := RatioOfMeans(first, second)
	near(t, "low", math.Log(r.Low), -3.3654832, 5e-8)
	near(t, "high", math.Log(r.High), 0.2054832, 5e-8)
	near(t, "p", r.P, 0.07939, 5e-6)
	if one := RatioOfMeans([]float64{2}, []float64{3}); one.Ratio < 1.49 || one.Low != 0 || !math.IsInf(one.High, 1) {
		t.Errorf("one against one: %+v", one)
	}
}
