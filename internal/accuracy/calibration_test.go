// SPDX-License-Identifier: Apache-2.0

package accuracy

// A Band is what probabilities between two bounds were worth: of the trials
// whose first answer was chosen among functions of one name with a probability
// in the band, how many were right, and how many had been promised.
type Band struct {
	From, To float64 // To is not in it
	Right    Share
	Promised float64 // sum of the probabilities, each by its weight in Right.Of
}

// bounds are those of the bands. From one half on a definition is named.
var bounds = []float64{0, .25, .5, .7, .9, .99, 1.01}

// A choice is a trial's first answer, where it was chosen among functions of
// one name.
type choice struct {
	probability, weight float64
	right               bool
}

// Calibrate sorts the choices of all trials into bands.
func Calibrate(outcomes []Outcome) []Band {
	bands := make([]Band, len(bounds)-1)
	for i := range bands {
		bands[i].From, bands[i].To = bounds[i], bounds[i+1]
	}
	for i := range outcomes {
		if len(outcomes[i].Case.Guilty) == 0 {
			continue
		}
		for _, c := range outcomes[i].choices {
			k := 0
			for c.probability >= bands[k].To {
				k++
			}
			bands[k].add(c)
		}
	}
	return bands
}

func (b *Band) add(c choice) {
	b.Right.Of += c.weight
	b.Promised += c.weight * c.probability
	if c.right {
		b.Right.Hits += c.weight
	}
}
