// SPDX-License-Identifier: Apache-2.0

package growth

// Pace says the exponent in words: as much of it as its interval bears.
func (g *Growth) Pace() string {
	const near = 0.1
	e := g.Exponent
	switch {
	case e.High < 0.2:
		return "hardly grows"
	case e.Low > 2+near:
		return "grows faster than with the square of the targets"
	case e.Low > 1.5 && e.Value >= 2-2*near:
		return "grows with the square of the targets"
	case e.Low > 1+near/2:
		return "grows faster than the targets"
	case e.High-e.Low > 1:
		return "grows with the targets, how fast cannot be told"
	case e.High < 1-near/2:
		return "grows more slowly than the targets"
	}
	return "grows in proportion to the targets"
}

// Faster reports whether the memory surely grows faster than the targets.
func (g *Growth) Faster() bool {
	return g != nil && g.Exponent.Low > 1.05
}
