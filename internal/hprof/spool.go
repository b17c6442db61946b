// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/klauspost/compress/s2"

	"example.invalid/starlark-memls/internal/filecache"
)

// A spool keeps what was unpacked, or came through a pipe, so that it can be read
// again anywhere: in blocks, each compressed for itself by a method that unpacks
// faster than a disk reads (a heap dump becomes a third to a tenth of its size).
// A small one stays in memory; a larger one goes into a file that has no name any
// more, so that nothing is left behind whatever happens. Before the disk is full
// the spool gives up: others need it too.

const (
	spoolBlock  = 256 << 10
	spoolMemory = 16 << 20  // compressed: more goes to the disk
	spoolCheck  = 64 << 20  // after so many bytes the disk's room is looked at
	spoolLeaves = 512 << 20 // and must be no less
	spoolSlots  = 64        // unpacked blocks that are kept
)

type spool struct {
	dir      string
	inMemory int     // bytes, compressed, beyond which it goes to the disk
	size     int64   // unpacked
	starts   []int64 // of each block, compressed; one more than there are
	memory   []byte
	file     *os.File
	remove   func() error
	checked  int64
	room     []byte
	slots    [spoolSlots]spoolSlot
}

type spoolSlot struct {
	sync.Mutex
	block        int64 // + 1
	data, packed []byte
}

func newSpool(dir string) *spool { return &spool{dir: dir, inMemory: spoolMemory, starts: []int64{0}} }

// add appends a block: spoolBlock bytes, or fewer at the end.
func (s *spool) add(block []byte) error {
	if len(block) == 0 {
		return nil
	}
	s.room = s2.Encode(s.room[:cap(s.room)], block)
	at := s.starts[len(s.starts)-1]
	if s.file == nil && len(s.memory)+len(s.room) > s.inMemory {
		if err := s.toDisk(); err != nil {
			return err
		}
	}
	if s.file == nil {
		s.memory = append(s.memory, s.room...)
	} else if err := s.write(s.room, at); err != nil {
		return err
	}
	s.size += int64(len(block))
	s.starts = append(s.starts, at+int64(len(s.room)))
	return nil
}

func (s *spool) toDisk() error {
	if s.dir == "" {
		s.dir = os.TempDir()
	}
	f, remove, err := filecache.Scratch(s.dir)
	if err != nil {
		return fmt.Errorf("keeping it until it is read: %w", err)
	}
	s.file, s.remove = f, remove
	memory := s.memory
	s.memory = nil
	s.checked = -spoolCheck
	return s.write(memory, 0)
}

func (s *spool) write(b []byte, at int64) error {
	if at-s.checked >= spoolCheck {
		s.checked = at
		if free, err := freeBytes(s.dir); err == nil && free < spoolLeaves {
			return fmt.Errorf("the disk of %s has %d MiB left, too little to keep it there while it is read: make room, or set TMPDIR to another folder", s.dir, free>>20)
		}
	}
	if _, err := s.file.WriteAt(b, at); err != nil {
		return fmt.Errorf("keeping it in %s until it is read: %w", s.dir, err)
	}
	return nil
}

// ReadAt reads what was added. It is safe for concurrent use.
func (s *spool) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("a negative offset")
	}
	for n < len(p) {
		if off >= s.size {
			return n, io.EOF
		}
		k, err := s.readBlock(p[n:], off)
		if err != nil {
			return n, err
		}
		n, off = n+k, off+int64(k)
	}
	return n, nil
}

func (s *spool) readBlock(p []byte, off int64) (int, error) {
	block := off / spoolBlock
	slot := &s.slots[block%spoolSlots]
	slot.Lock()
	defer slot.Unlock()
	if slot.block != block+1 {
		slot.block = 0
		from, to := s.starts[block], s.starts[block+1]
		packed := slot.packed
		if s.file == nil {
			packed = s.memory[from:to]
		} else {
			if cap(packed) < int(to-from) {
				packed = make([]byte, s2.MaxEncodedLen(spoolBlock))
			}
			packed = packed[:to-from]
			slot.packed = packed
			if _, err := s.file.ReadAt(packed, from); err != nil {
				return 0, err
			}
		}
		data, err := s2.Decode(slot.data[:cap(slot.data)], packed)
		if err != nil {
			return 0, err
		}
		slot.data, slot.block = data, block+1
	}
	return copy(p, slot.data[off%spoolBlock:]), nil
}

// Close lets go of all of it.
func (s *spool) Close() error {
	s.memory = nil
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), s.remove())
}
