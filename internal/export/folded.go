// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteFolded writes one line a stack, outermost first, with the measure's value:
// the form of flamegraph.pl, inferno and speedscope. "" is the first measure with
// a value.
func WriteFolded(w io.Writer, s *Stacks, measure string) error {
	column, err := s.column(measure)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	for _, sample := range s.Samples {
		if sample.Values[column] == 0 {
			continue
		}
		for i, n := range sample.Stack {
			if i > 0 {
				out.WriteByte(';')
			}
			out.WriteString(strings.ReplaceAll(s.Frames[n].told(), ";", ","))
		}
		fmt.Fprintf(out, " %d\n", sample.Values[column])
	}
	return out.Flush()
}

// column is the place of a measure.
func (s *Stacks) column(measure string) (int, error) {
	var names []string
	for i, m := range s.Measures {
		if m.Name == measure {
			return i, nil
		}
		names = append(names, m.Name)
	}
	if measure == "" {
		return s.defaultMeasure(), nil
	}
	return 0, fmt.Errorf("no measure %q: there are %s", measure, strings.Join(names, ", "))
}

// told is a frame in formats that have no places.
func (f StackFrame) told() string {
	if f.File == "" || f.Line == 0 {
		return f.Name
	}
	return fmt.Sprintf("%s (%s:%d)", f.Name, f.File, f.Line)
}
