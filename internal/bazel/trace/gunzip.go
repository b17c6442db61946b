// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bufio"
	stdgzip "compress/gzip"
	"context"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// Two inflaters. klauspost's is a quarter faster than the standard library's,
// but at the end of a stream that is cut it wants more bits than the next
// symbol needs and gives up on some that are there: up to some 70 bytes, now
// and then a whole event. Cut streams are what this package is for, so a
// stream found to be cut is inflated again with the standard library's from
// where it began, if the source can seek, and what the first pass did not give
// is added. A source that cannot seek (a pipe) is read with the exact one from
// the start, and so is one whose last bytes show that it is cut: it is then read
// once, as nearly all of those are.

// members is what both inflaters are: readers of a gzip member at a time.
type members interface {
	io.Reader
	Reset(io.Reader) error
	Multistream(bool)
}

func fastMembers() members { return new(gzip.Reader) }

func exactMembers() members { return new(stdgzip.Reader) }

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
	given  int64  // bytes handed on
	damage error
}

func startGunzip(ctx context.Context, raw *bufio.Reader, src *countedReader) *gunzip {
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
		if src.seek == nil || !src.endsLikeGzip() {
			g.damage = g.inflate(ctx, exactMembers(), raw, 0)
			return
		}
		g.damage = g.inflate(ctx, fastMembers(), raw, 0)
		if errors.Is(g.damage, io.ErrUnexpectedEOF) && src.err == nil && src.rewind() {
			raw.Reset(src)
			g.damage = g.inflate(ctx, exactMembers(), raw, g.given)
		}
	}()
	return g
}

// inflate fills blocks until the stream ends, leaving out what was given out
// before. It returns nil at a proper end, else why it stopped; whatever was
// inflated until then has been handed on.
func (g *gunzip) inflate(ctx context.Context, z members, raw *bufio.Reader, skip int64) error {
	if err := z.Reset(raw); err != nil {
		return headerDamage(err)
	}
	z.Multistream(false)
	for {
		var block []byte
		select {
		case block = <-g.free:
		case <-ctx.Done():
			return ctx.Err()
		}
		n, err := fill(z, block[:blockBytes])
		if skip > 0 {
			known := int(min(skip, int64(n)))
			skip -= int64(known)
			n = copy(block, block[known:n])
		}
		if n > 0 {
			g.given += int64(n)
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
func nextMember(z members, raw *bufio.Reader) (bool, error) {
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

// head is the beginning of what comes next, without taking it.
func (g *gunzip) head() []byte {
	if len(g.block) == 0 {
		if block, ok := <-g.full; ok {
			g.block, g.whole = block, block
		}
	}
	return g.block
}

// stop ends the goroutine and waits for it.
func (g *gunzip) stop() {
	g.cancel()
	<-g.done
}
