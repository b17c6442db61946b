// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"context"
	"fmt"
	"io"
)

// An Option changes what Read delivers.
type Option func(*settings)

type settings struct {
	selected map[string]bool // nil: everything
	text     io.Writer       // nil: nobody's
	// general turns the decoder for Bazel's own key order off, so that tests
	// can hold the two decoders against each other.
	general bool
}

// Select has only the events of these categories delivered; the category ""
// stands for events without one (counters and metadata). The others cost no
// more than being stepped over, and count towards the Summary all the same:
// threads, times, blindness and damage do not depend on the selection.
func Select(categories ...string) Option {
	return func(s *settings) {
		if s.selected == nil {
			s.selected = make(map[string]bool, len(categories))
		}
		for _, c := range categories {
			s.selected[c] = true
		}
	}
}

// Text has all of the inflated text written to w as well, what lies behind the
// document's end or is no document too, so that who needs both reads the file
// once. w must take every write.
func Text(w io.Writer) Option { return func(s *settings) { s.text = w } }

// Read reads a trace profile, gzip or plain, and calls visit for each event
// in the order of the file. Phases other than complete, instant, counter and
// metadata are passed over; Bazel writes no others.
//
// The Event and its Args are valid during the call only, their strings may be
// kept. An error of visit ends the reading and is returned as it is.
//
// Damage is no error: it is in the Summary, which is filled as far as the
// reading went whatever is returned. The error is a *FormatError if r is not a
// trace profile, ctx.Err() if ctx is done, and otherwise an error of r itself.
//
// Inflating runs in a goroutine that has ended when Read returns: Read does
// not return while r blocks, so the owner of a reader that may block for ever
// has to close it.
func Read(ctx context.Context, r io.Reader, visit func(*Event) error, options ...Option) (ProfileSummary, error) {
	p, err := read(ctx, r, visit, options)
	if p == nil {
		return ProfileSummary{}, err
	}
	return p.sum.summary(), err
}

// read is Read with all that the parser knows at the end; it is nil if the
// format was refused before there was one.
func read(ctx context.Context, r io.Reader, visit func(*Event) error, options []Option) (*parser, error) {
	var s settings
	for _, o := range options {
		o(&s)
	}
	in, err := openInput(ctx, r)
	if err != nil {
		return nil, err
	}
	defer in.close()
	if s.text != nil {
		in.text = io.TeeReader(in.text, s.text)
	}
	p := newParser(in, visit, s)
	err = p.document()
	if s.text != nil && ctx.Err() == nil {
		io.Copy(io.Discard, in.text) //nolint:errcheck // the rest is for the text alone
	}
	in.close()
	if p.win.err == io.EOF {
		// Short of its end, how far the stream is inflated is chance.
		p.sum.packed(in.packing())
	}
	if err == nil {
		err = p.readError(in)
	}
	return p, err
}

// readError is the error of the caller's reader, if it had one.
func (p *parser) readError(in *input) error {
	err := in.source.err
	if err == nil && p.win.err != io.EOF {
		err = p.win.err
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("reading a trace profile after %d bytes: %w", in.source.n, err)
}
