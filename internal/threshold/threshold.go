// SPDX-License-Identifier: Apache-2.0

// Package threshold estimates, from builds that passed or crashed at several
// memory limits, the limit at which a build crashes half of the time and the
// one at which it passes almost always, and chooses the limit to try next.
//
// # The model
//
// Whether a build survives a limit is a matter of chance near its need: with
// G1 and several evaluator threads, the same build passes four times of four
// at 660 MiB and fails one time of four at 750 MiB. So there is no single
// threshold to bisect for, only a response curve. We take the logistic one on
// the logarithm of the limit, as in bioassay (Finney, Probit Analysis, 1947):
//
//	P(crash | limit) = 1 / (1 + exp((ln limit − μ) / s))
//
// exp(μ) is the limit at which half of the builds crash; s is the width of
// the random band: 10 % to 90 % of the crashes lie within 4.4·s of ln limit.
//
// # Why Bayes and not maximum likelihood
//
// Far from the need every build passes or every build crashes: the data are
// separated and the maximum-likelihood slope is infinite. Firth's penalty
// repairs the point estimate, not the choice of the next limit. A posterior
// over (μ, s) on a grid does both, and its intervals stay honest when the
// limits were chosen one after the other and the search stopped when it was
// narrow enough, since neither changes the likelihood. The next limit is the
// one that is expected to lower the posterior's entropy most: the ψ method
// (Kontsevich and Tyler, Bayesian adaptive estimation of psychometric slope
// and threshold, Vision Research 39, 1999).
//
// # Its price
//
// The prior matters as long as there are few builds. It is flat in μ over the
// range that is searched and flat in ln s between a band that is hardly there
// and one of a factor of two; Estimate.AtEdge says when the answer leans on
// the edge of the range.
package threshold

import (
	"errors"
	"fmt"
	"math"
)

// A Trial is the outcome of one build.
type Trial struct {
	LimitBytes int64
	Crashed    bool
}

// A Range is the span of limits, in bytes, in which the need is looked for.
type Range struct {
	LowBytes, HighBytes int64
}

// ErrRange is returned for a range that is empty or not positive.
var ErrRange = errors.New("the range of limits is empty")

func (r Range) check() error {
	if r.LowBytes <= 0 || r.HighBytes <= r.LowBytes {
		return fmt.Errorf("%w: %d to %d bytes", ErrRange, r.LowBytes, r.HighBytes)
	}
	return nil
}

// The widths s that the prior allows, in units of ln limit: from a band of
// 0.4 % between 10 % and 90 % crashes to one of a factor of two.
const (
	minWidth = 0.001
	maxWidth = 0.16
)

// crashProbability is the model's P(crash) at ln limit x.
func crashProbability(x, mu, s float64) float64 {
	return 1 / (1 + math.Exp((x-mu)/s))
}

// An Interval is a point estimate, the posterior median, with an equal-tailed
// 95 % credible interval, in bytes.
type Interval struct {
	Bytes     float64
	LowBytes  float64
	HighBytes float64
}

// RelativeHalfWidth is half of the interval's width over its point estimate:
// 0.02 is ±2 %.
func (i Interval) RelativeHalfWidth() float64 {
	return (i.HighBytes - i.LowBytes) / 2 / i.Bytes
}

// An Estimate is what the trials say so far.
type Estimate struct {
	// Half is the limit at which half of the builds crash; Safe the one at
	// which 99 % pass.
	Half, Safe Interval
	// Band is the random band, from 90 % to 10 % crashes, as a fraction of
	// Half: 0.3 is a band of thirty percent. BandHigh is the upper end of
	// its 95 % interval.
	Band, BandLow, BandHigh float64
	Trials, Crashes         int
	// AtEdge says that the interval of Half reaches an end of the range:
	// the need may lie outside of it.
	AtEdge bool

	within Range
	grid   *posterior
}

// fewestTrials is how many builds are needed before an interval is believed:
// two that fall on different sides by luck can make one look narrow.
const fewestTrials = 6

// Reached reports whether a search may stop: Half is known to the precision,
// a fraction of it to either side, from more than a lucky few builds, and not
// at an edge of the range.
func (e Estimate) Reached(precision float64) bool {
	return e.Trials >= fewestTrials && !e.AtEdge && e.Half.RelativeHalfWidth() <= precision
}

// CrashProbability is the predicted probability that a build under this
// limit crashes, averaged over what is not known, with a 95 % interval.
func (e Estimate) CrashProbability(limitBytes int64) (mean, low, high float64) {
	x := math.Log(float64(limitBytes))
	return e.grid.summarize(func(mu, s float64) float64 { return crashProbability(x, mu, s) })
}

// logNinetyNine is ln(0.99/0.01): 99 % of the builds pass at μ + s·ln 99.
var logNinetyNine = math.Log(99)

// logNine is ln(0.9/0.1); the random band is 2·s·ln 9 wide.
var logNine = math.Log(9)

// New estimates the response from the trials.
func New(r Range, trials []Trial) (Estimate, error) {
	if err := r.check(); err != nil {
		return Estimate{}, err
	}
	p := newPosterior(r, trials)
	e := Estimate{Trials: len(trials), within: r, grid: p}
	for _, t := range trials {
		if t.Crashed {
			e.Crashes++
		}
	}
	e.Half = p.interval(func(mu, _ float64) float64 { return math.Exp(mu) })
	e.Safe = p.interval(func(mu, s float64) float64 { return math.Exp(mu + s*logNinetyNine) })
	band := p.interval(func(_, s float64) float64 { return math.Exp(2*s*logNine) - 1 })
	e.Band, e.BandLow, e.BandHigh = band.Bytes, band.LowBytes, band.HighBytes
	margin := 0.005
	e.AtEdge = e.Half.LowBytes < float64(r.LowBytes)*(1+margin) || e.Half.HighBytes > float64(r.HighBytes)*(1-margin)
	return e, nil
}
