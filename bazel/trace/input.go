package trace

import (
	"bufio"
	"context"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// An input is the inflated text of a profile, whatever it was packed in.
type input struct {
	ctx    context.Context
	source *source
	text   io.Reader
	gunzip *gunzip // nil for a plain file
}

// headBytes is how much of a file is looked at to tell its format.
const headBytes = 512

// openInput finds out what r is and starts inflating it if need be. close
// must be called.
func openInput(ctx context.Context, r io.Reader) (*input, error) {
	in := &input{ctx: ctx, source: &source{r: r}}
	raw := bufio.NewReaderSize(in.source, 64<<10)
	head, _ := raw.Peek(headBytes)
	switch {
	case isOldBinary(head):
		return nil, &FormatError{Found: "Bazel's binary profile, as written before JSON", Advice: adviceOld}
	case len(head) >= 1 && head[0] == 0x1f && (len(head) == 1 || head[1] == 0x8b):
		in.gunzip = startGunzip(ctx, raw)
		in.text = in.gunzip
	default:
		in.text = raw
	}
	return in, nil
}

// close ends the inflating and waits for it. It may be called twice.
func (in *input) close() {
	if in.gunzip != nil {
		in.gunzip.stop()
	}
}

// packing says in what state the gzip stream was left; nil for a plain file
// and for a stream that ended as it should.
func (in *input) packing() error {
	if in.gunzip == nil {
		return nil
	}
	return in.gunzip.damage
}

// A source counts the bytes of the caller's reader and keeps its error apart
// from those of the layers above, which are damage and not errors.
type source struct {
	r   io.Reader
	n   int64
	err error // never io.EOF
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// errTrailing: something follows the gzip stream that is not gzip.
var errTrailing = errors.New("bytes that are not gzip follow the gzip stream")

const (
	blockBytes = 128 << 10
	blocks     = 4
)

// A gunzip inflates in a goroutine of its own, a few blocks ahead of its
// reader. damage may be looked at once Read has returned io.EOF or stop has
// returned.
type gunzip struct {
	full   chan []byte // filled blocks, closed at the end
	free   chan []byte
	cancel context.CancelFunc
	done   chan struct{}
	block  []byte // what is left of the block being read
	whole  []byte // that block, to be given back
	damage error
}

func startGunzip(ctx context.Context, raw *bufio.Reader) *gunzip {
	ctx, cancel := context.WithCancel(ctx)
	g := &gunzip{
		full:   make(chan []byte, blocks),
		free:   make(chan []byte, blocks),
		cancel: cancel,
		done:   make(chan struct{}),
	}
	for range blocks {
		g.free <- make([]byte, blockBytes)
	}
	go func() {
		defer close(g.done)
		defer close(g.full)
		g.damage = g.inflate(ctx, raw)
	}()
	return g
}

// inflate fills blocks until the stream ends. It returns nil at a proper end,
// else why it stopped; whatever was inflated until then has been handed on.
func (g *gunzip) inflate(ctx context.Context, raw *bufio.Reader) error {
	z, err := gzip.NewReader(raw)
	if err != nil {
		return headerDamage(err)
	}
	defer z.Close()
	z.Multistream(false)
	for {
		var block []byte
		select {
		case block = <-g.free:
		case <-ctx.Done():
			return ctx.Err()
		}
		n, err := fill(z, block[:blockBytes])
		if n > 0 {
			g.full <- block[:n] // never blocks: it has room for every block there is
		} else {
			g.free <- block
		}
		if err == io.EOF {
			var another bool
			if another, err = nextMember(z, raw); another {
				continue
			}
			return err
		}
		if err != nil {
			return err
		}
	}
}

// fill is io.ReadFull with r's own error, so that the proper end of a stream
// and its unexpected one stay apart.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

// nextMember goes on to a gzip stream that follows the one that ended (a
// concatenation is legal, RFC 1952 section 2.2). Zero padding is passed over.
func nextMember(z *gzip.Reader, raw *bufio.Reader) (bool, error) {
	for {
		head, _ := raw.Peek(2)
		switch {
		case len(head) == 0:
			return false, nil
		case head[0] == 0:
			raw.Discard(1)
		case len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b:
			if err := z.Reset(raw); err != nil {
				return false, headerDamage(err)
			}
			z.Multistream(false)
			return true, nil
		default:
			return false, errTrailing
		}
	}
}

// headerDamage: io.EOF would be taken for a proper end.
func headerDamage(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Read gives the inflated text, and io.EOF at its end, proper or not.
func (g *gunzip) Read(p []byte) (int, error) {
	for len(g.block) == 0 {
		if g.whole != nil {
			g.free <- g.whole
			g.whole = nil
		}
		block, ok := <-g.full
		if !ok {
			return 0, io.EOF
		}
		g.whole, g.block = block, block
	}
	n := copy(p, g.block)
	g.block = g.block[n:]
	return n, nil
}

// stop ends the goroutine and waits for it.
func (g *gunzip) stop() {
	g.cancel()
	<-g.done
}
