// SPDX-License-Identifier: Apache-2.0

package console

import (
	"context"
	"fmt"
	"io"
)

// Read reads a console's text to its end. It streams: memory grows with the
// facts found, never with the noise around them, and facts are bounded too
// (see the constants in bounds.go); what a bound left out is said in
// Log.Truncated, as is a text that ends inside a crash.
//
// The error is that of r or of ctx; the Log holds every fact read before it
// and is never nil.
func Read(ctx context.Context, r io.Reader) (*Log, error) {
	p := newParser()
	lines := newLineReader(r)
	unprefixed := newUnprefixer(lines)
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return p.finish(), ctx.Err()
		}
		l, err := unprefixed.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			p.log.Lines = lines.number
			return p.finish(), fmt.Errorf("reading console text after line %d: %w", lines.number, err)
		}
		p.line(l)
	}
	p.log.Lines = lines.number
	if lines.shortened {
		p.lost(fmt.Sprintf("a line longer than %d bytes was shortened", maxLine))
	}
	return p.finish(), nil
}
