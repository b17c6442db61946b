// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The text of `pprof -top`, as people post it where they would not post the
// file: flat and cumulative by function.
//
//	Type: memory
//	Showing nodes accounting for 11009.24kB, 100% of 11009.24kB total
//	      flat  flat%   sum%        cum   cum%
//	 3584.41kB 32.56% 32.56%  3584.41kB 32.56%  ln /abs/haskell/private/set.bzl
//	  768.19kB  6.98% 48.84%   768.19kB  6.98%  sh_test <native>:-1
var (
	topHead = regexp.MustCompile(`(?m)^\s*flat\s+flat%\s+sum%\s+cum\s+cum%`)
	topRow  = regexp.MustCompile(`^\s*(-?[0-9.]+)([a-zA-Zµ]*)\s+-?[0-9.]+%\s+-?[0-9.]+%\s+(-?[0-9.]+)([a-zA-Zµ]*)\s+-?[0-9.]+%\s+(.+?)\s*$`)
	topAll  = regexp.MustCompile(`% of ([0-9.]+)([a-zA-Zµ]*) total`)
	topType = regexp.MustCompile(`^Type: *(\w+)`)
)

// IsPprofTop reports whether a text's beginning is that of `pprof -top`, and of
// which kind of profile.
func IsPprofTop(head []byte) (ProfileKind, bool) {
	if !topHead.Match(head) {
		return "", false
	}
	for l := range bytes.Lines(head) {
		if m := topType.FindSubmatch(l); m != nil && strings.EqualFold(string(m[1]), string(CPU)) {
			return CPU, true
		}
	}
	return Allocation, true
}

// readTop reads the text. Rows that are none are passed over.
func readTop(ctx context.Context, text []byte, kind ProfileKind) (*Profile, error) {
	p := &Profile{Kind: kind, Note: "read from the text of pprof -top: what it left out is not counted, and paths may be cut"}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	rows := false
	for lines.Scan() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		line := lines.Text()
		if m := topAll.FindStringSubmatch(line); m != nil {
			p.Total = amount(m[1], m[2])
		}
		if topHead.MatchString(line) {
			rows = true
			continue
		}
		m := topRow.FindStringSubmatch(line)
		if !rows || m == nil {
			continue
		}
		f := topFunction(m[5])
		f.Flat, f.Cumulative = amount(m[1], m[2]), amount(m[3], m[4])
		f.Own = f.Flat // what its builtins took is in rows of their own
		if len(f.Lines) > 0 {
			f.Lines[0].Amount = f.Amount
		}
		p.Samples++
		if strings.HasPrefix(f.File, "<") {
			p.Builtins = append(p.Builtins, f)
		} else {
			p.Functions = append(p.Functions, f)
		}
	}
	if err := lines.Err(); err != nil {
		return p, fmt.Errorf("reading the text of pprof -top: %w", err)
	}
	sum := int64(0)
	for _, list := range [][]FunctionProfile{p.Functions, p.Builtins} {
		for i := range list {
			sum += list[i].Flat
		}
	}
	p.Total = max(p.Total, sum)
	return p, nil
}

// topFunction reads "name /path/file.bzl:142", without the line where the
// granularity is the function.
func topFunction(text string) FunctionProfile {
	text = strings.TrimSuffix(text, " (inline)")
	name, file, _ := strings.Cut(text, " ")
	f := FunctionProfile{Name: name, File: file}
	if i := strings.LastIndexByte(file, ':'); i > 0 {
		if n, err := strconv.Atoi(file[i+1:]); err == nil {
			f.File = file[:i]
			if n > 0 {
				f.Lines = []LineSample{{Number: n}}
			}
		}
	}
	return f
}

// units are pprof's, in bytes and in microseconds.
var units = map[string]float64{
	"": 1, "B": 1, "kB": 1 << 10, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40,
	"ns": 1e-3, "us": 1, "µs": 1, "ms": 1e3, "s": 1e6, "mins": 60e6, "hrs": 3600e6,
}

// amount is a number with its unit, in bytes or microseconds.
func amount(number, unit string) int64 {
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n < 0 || n*units[unit] > 1<<60 {
		return 0
	}
	return int64(n * units[unit])
}
