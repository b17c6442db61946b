// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// A pprof file (profile.proto of github.com/google/pprof) is a list of samples
// and the tables that they refer to. The tables are kept as places in the file,
// and samples are never kept: Bazel writes one for each object or tick, and a
// file of a megabyte that was made for it unpacks to a gigabyte of objects.

// The fields of the messages that are read.
const (
	profileSampleType, profileSample, profileLocation, profileFunction, profileString = 1, 2, 4, 5, 6
	profileDurationNanos                                                              = 10

	valueTypeType                             = 1
	sampleLocation, sampleValue               = 1, 2
	messageID                                 = 1 // of locations and functions
	locationLine                              = 4
	lineFunction, lineNumber                  = 1, 2
	functionName, functionFile, functionStart = 2, 4, 5
)

// A messageRange is where a message lies in the file.
type messageRange struct{ from, to uint32 }

type tables struct {
	data                 []byte
	strings              []messageRange
	locations, functions map[uint64]messageRange
	types                []messageRange
	durationNanos        int64
	// known are the frames of locations that were asked for.
	known map[uint64][]sampledFrame
}

// A sampledFrame is a function and the line that it was at.
type sampledFrame struct {
	function foldKey
	line     int
	start    int64
}

// maxKnown bounds known; what is beyond is read again.
const maxKnown = 1 << 14

// maxEntries bounds each table, in number. Bazel writes each name and place once.
const maxEntries = 1 << 20

var errTooMany = fmt.Errorf("it has more than %d names or places, and no workspace has as many", maxEntries)

var errNoPprof = errors.New("its content is not a profile")

// readTables finds the tables of a file. One that was cut is read up to its last
// whole field, and whole is false.
func readTables(data []byte) (t *tables, whole bool, err error) {
	t = &tables{data: data, locations: map[uint64]messageRange{}, functions: map[uint64]messageRange{}, known: map[uint64][]sampledFrame{}}
	end, err := t.fields(messageRange{0, uint32(len(data))}, func(field protowire.Number, number uint64, at messageRange, bytes bool) error {
		switch {
		case bytes && field == profileString:
			t.strings = append(t.strings, at)
		case bytes && field == profileLocation:
			t.locations[t.number(at, messageID)] = at
		case bytes && field == profileFunction:
			t.functions[t.number(at, messageID)] = at
		case bytes && field == profileSampleType:
			t.types = append(t.types, at)
		case field == profileDurationNanos:
			t.durationNanos = int64(number)
		}
		if len(t.strings) > maxEntries || len(t.locations) > maxEntries || len(t.functions) > maxEntries || len(t.types) > maxEntries {
			return errTooMany
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	if len(t.types) == 0 || len(t.strings) == 0 {
		return nil, false, errNoPprof
	}
	return t, int(end) == len(data), nil
}

// fields visits the whole fields of a message and tells where they end: numbers,
// and where what is longer lies. Numbers of a fixed length are passed over; the
// format has none.
func (t *tables) fields(m messageRange, visit func(field protowire.Number, number uint64, at messageRange, bytes bool) error) (end uint32, err error) {
	for end = m.from; end < m.to; {
		rest := t.data[end:m.to]
		field, kind, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return end, nil
		}
		size := protowire.ConsumeFieldValue(field, kind, rest[n:])
		if size < 0 {
			return end, nil
		}
		switch kind {
		case protowire.VarintType:
			number, _ := protowire.ConsumeVarint(rest[n:])
			err = visit(field, number, messageRange{}, false)
		case protowire.BytesType:
			value, _ := protowire.ConsumeBytes(rest[n:])
			to := end + uint32(n+size)
			err = visit(field, 0, messageRange{to - uint32(len(value)), to}, true)
		}
		if err != nil {
			return end, err
		}
		end += uint32(n + size)
	}
	return end, nil
}

// number is a message's field of that number, 0 where it has none.
func (t *tables) number(m messageRange, wanted protowire.Number) (found uint64) {
	_, _ = t.fields(m, func(field protowire.Number, number uint64, _ messageRange, bytes bool) error {
		if field == wanted && !bytes {
			found = number
		}
		return nil
	})
	return found
}

// text is a string of the table, "" for one that is not there.
func (t *tables) text(index uint64) string {
	if index >= uint64(len(t.strings)) {
		return ""
	}
	at := t.strings[index]
	return string(t.data[at.from:at.to])
}

// sampleType is the kind of the last value that Bazel writes, and which of a
// sample's values it is; -1 for none.
func (t *tables) sampleType() (index int, kind ProfileKind) {
	index = -1
	for i, at := range t.types {
		if name := ProfileKind(t.text(t.number(at, valueTypeType))); name == Allocation || name == CPU {
			index, kind = i, name
		}
	}
	return index, kind
}

// samples visits the samples in order. What is handed to visit is overwritten by
// the next.
func (t *tables) samples(visit func(locations, values []uint64) error) error {
	var locations, values []uint64
	_, err := t.fields(messageRange{0, uint32(len(t.data))}, func(field protowire.Number, _ uint64, at messageRange, bytes bool) error {
		if !bytes || field != profileSample {
			return nil
		}
		locations, values = locations[:0], values[:0]
		_, err := t.fields(at, func(field protowire.Number, number uint64, packed messageRange, bytes bool) error {
			to := &values
			switch field {
			case sampleLocation:
				to = &locations
			case sampleValue:
			default:
				return nil
			}
			if !bytes {
				*to = append(*to, number)
				return nil
			}
			for list := t.data[packed.from:packed.to]; len(list) > 0; {
				number, n := protowire.ConsumeVarint(list)
				if n < 0 {
					return fmt.Errorf("a sample's list is damaged: %w", protowire.ParseError(n))
				}
				*to, list = append(*to, number), list[n:]
			}
			return nil
		})
		if err != nil {
			return err
		}
		return visit(locations, values)
	})
	return err
}

// frames is what a location stands for: one function, more where calls were
// inlined, none where its definition was behind a cut.
func (t *tables) frames(location uint64) []sampledFrame {
	if known, ok := t.known[location]; ok {
		return known
	}
	at, ok := t.locations[location]
	if !ok {
		return nil
	}
	var found []sampledFrame
	_, _ = t.fields(at, func(field protowire.Number, _ uint64, at messageRange, bytes bool) error {
		if !bytes || field != locationLine {
			return nil
		}
		function, ok := t.functions[t.number(at, lineFunction)]
		if !ok {
			return nil
		}
		fn := foldKey{name: t.text(t.number(function, functionName)), file: t.text(t.number(function, functionFile)), line: wholeFunction}
		found = append(found, sampledFrame{fn, int(int64(t.number(at, lineNumber))), int64(t.number(function, functionStart))})
		return nil
	})
	if len(found) == 1 && len(t.known) < maxKnown {
		t.known[location] = found
	}
	return found
}
