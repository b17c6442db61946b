// SPDX-License-Identifier: Apache-2.0

package failuredetail

import (
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// The bounds are many times what Bazel writes (5 causes, 1000 elements).
const (
	maxSize     = 16 << 20
	maxCauses   = 64
	maxElements = 8192
)

// Read reads a raw FailureDetail. Of a file that is cut it gives every field
// that is whole and says so in Damage; an empty file is such a file. A file
// of another format is an error, as is one of r's.
func Read(r io.Reader) (*Detail, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading a failure detail: %w", err)
	}
	if len(raw) > maxSize {
		return nil, fmt.Errorf("reading a failure detail: larger than %d bytes, so it is something else", maxSize)
	}
	d := &Detail{}
	if len(raw) == 0 {
		d.Damage = "the file is empty: the server died before it wrote it"
		return d, nil
	}
	err = d.decode(raw)
	switch {
	case errors.Is(err, errCut) && (raw[0] == messageTag || d.Category != 0):
		d.Damage = "the file is cut: later causes or frames are missing"
	case err != nil:
		if d.Message == "" && d.Crash == nil {
			return nil, fmt.Errorf("not a failure_detail.rawproto: %w", err)
		}
		d.Damage = fmt.Sprintf("the file is damaged (%v): later causes or frames are missing", err)
	case d.Message == "" && d.Category == 0:
		return nil, errors.New("not a failure_detail.rawproto: neither a message nor a kind of failure in it")
	}
	return d, nil
}

// messageTag begins every file that Bazel writes: field 1, length-delimited.
const messageTag = 1<<3 | 2

// errCut: a field's length goes beyond the end.
var errCut = errors.New("cut")

// fields calls f for each field of a message. A length-delimited field that
// the end cuts is handed on as far as it goes, with whole false; a submessage
// has whole fields in it still.
func fields(b []byte, f func(n protowire.Number, v fieldValue) error) error {
	for len(b) > 0 {
		n, typ, size := protowire.ConsumeTag(b)
		if size < 0 {
			return wireError(size)
		}
		b = b[size:]
		v := fieldValue{whole: true, typ: typ}
		switch typ {
		case protowire.VarintType:
			v.number, size = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			v.bytes, v.whole, size = consumeBytes(b)
		default:
			size = protowire.ConsumeFieldValue(n, typ, b)
		}
		if size < 0 {
			return wireError(size)
		}
		b = b[size:]
		if err := f(n, v); err != nil {
			return err
		}
		if !v.whole {
			return errCut
		}
	}
	return nil
}

// A fieldValue is a field's.
type fieldValue struct {
	typ    protowire.Type
	number uint64
	bytes  []byte
	whole  bool
}

// consumeBytes is protowire.ConsumeBytes for a text that may be cut.
func consumeBytes(b []byte) (body []byte, whole bool, size int) {
	length, size := protowire.ConsumeVarint(b)
	if size < 0 {
		return nil, false, size
	}
	rest := b[size:]
	if length > uint64(len(rest)) {
		return rest, false, len(b)
	}
	return rest[:length], true, size + int(length)
}

func wireError(size int) error {
	err := protowire.ParseError(size)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return err
}

// text is a string field's value; that of a cut one is not known.
func (v fieldValue) text() string {
	if v.typ != protowire.BytesType || !v.whole {
		return ""
	}
	return string(v.bytes)
}

func (d *Detail) decode(b []byte) error {
	return fields(b, func(n protowire.Number, v fieldValue) error {
		switch {
		case n == 1 && v.typ == protowire.BytesType:
			d.Message = v.text()
		case n >= 101 && n <= 10_000 && v.typ == protowire.BytesType:
			d.Category = int(n)
			if n == 108 {
				d.Crash = &CrashDetail{Code: CrashUnknown}
				err := d.Crash.decode(v.bytes)
				d.Code = 0
				if d.Crash.Code == CrashOOM {
					d.Code = 1
				}
				return err
			}
			return d.other(v.bytes)
		case n >= 1 && n <= 1_000_000:
		default:
			return fmt.Errorf("field %d is not of a FailureDetail", n)
		}
		return nil
	})
}

// other decodes a category of which only the code is wanted.
func (d *Detail) other(b []byte) error {
	return fields(b, func(n protowire.Number, v fieldValue) error {
		if n == 1 && v.typ == protowire.VarintType {
			d.Code = int(int32(v.number))
		}
		return nil
	})
}

func (c *CrashDetail) decode(b []byte) error {
	return fields(b, func(n protowire.Number, v fieldValue) error {
		switch {
		case n == 1 && v.typ == protowire.VarintType:
			c.Code = crashCodeOf(v.number)
		case n == 2 && v.typ == protowire.BytesType && len(c.Causes) < maxCauses:
			t := Throwable{}
			err := t.decode(v.bytes)
			if t.Class != "" {
				c.Causes = append(c.Causes, t)
			}
			return err
		case n == 3 && v.typ == protowire.VarintType:
			c.OOMDetectorOverride = v.number != 0
		case n == 4 && v.typ == protowire.VarintType:
			c.OOMCauseCategory = categoryOf(v.number)
		}
		return nil
	})
}

func (t *Throwable) decode(b []byte) error {
	return fields(b, func(n protowire.Number, v fieldValue) error {
		switch {
		case n == 1:
			t.Class = v.text()
		case n == 2:
			t.Message = v.text()
		case n == 3 && v.whole && len(t.StackTrace) < maxElements:
			t.StackTrace = append(t.StackTrace, v.text())
		}
		return nil
	})
}
