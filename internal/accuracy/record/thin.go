// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// bulk marks the events that a field scenario asks for so that the profile has
// a server's volume: what they did, they did by being written.
var bulk = [][]byte{[]byte(`"cat":"skyfunction"`), []byte(`"name":"ParallelEvaluator.eval"`)}

// gzipTrailer is the length of what ends a gzip stream (RFC 1952): its
// checksum and size.
const gzipTrailer = 8

// thin is a profile without its bulk, an event a line as 4.2.3 writes them. A
// profile whose stream was cut stays cut, at the event where it was; one of
// which nothing can be read stays as it is.
func thin(profile []byte) ([]byte, error) {
	in, err := gzip.NewReader(bytes.NewReader(profile))
	if err != nil {
		return profile, nil
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	lines := bufio.NewReader(in)
	kept := 0
	for {
		line, err := lines.ReadBytes('\n')
		if !bulky(line) {
			n, werr := w.Write(line)
			if werr != nil {
				return nil, werr
			}
			kept += n
		}
		if err == nil {
			continue
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		switch {
		case errors.Is(err, io.EOF):
			return out.Bytes(), nil
		case kept == 0:
			return profile, nil
		}
		return out.Bytes()[:out.Len()-gzipTrailer], nil
	}
}

func bulky(line []byte) bool {
	for _, b := range bulk {
		if bytes.Contains(line, b) {
			return true
		}
	}
	return false
}
