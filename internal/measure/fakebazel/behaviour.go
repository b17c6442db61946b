// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A behaviour is what a test has told this Bazel to do.
type behaviour struct {
	folder  string // of the link
	need    int64
	took    time.Duration
	hold    int // the first build that waits to be released; 0 for none
	outcome string
}

func readBehaviour() behaviour {
	b := behaviour{folder: filepath.Dir(os.Args[0]), took: 20 * time.Millisecond}
	text, err := os.ReadFile(filepath.Join(b.folder, "behaviour"))
	must(err)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		var number int64
		if name != "outcome" {
			number, err = strconv.ParseInt(value, 10, 64)
			must(err)
		}
		switch name {
		case "need":
			b.need = number
		case "millis":
			b.took = time.Duration(number) * time.Millisecond
		case "hold":
			b.hold = int(number)
		case "outcome":
			b.outcome = value
		default:
			must(fmt.Errorf("unknown behaviour %q", line))
		}
	}
	return b
}

// count is this build's number, from 1, and leaves its mark.
func (b behaviour) count() int {
	for n := 1; ; n++ {
		mark, err := os.OpenFile(filepath.Join(b.folder, fmt.Sprintf("build-%d", n)), os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		must(err)
		must(mark.Close())
		return n
	}
}

// last lasts as long as the build does, and reports whether it ended by
// itself.
func (b behaviour) last(build int, interrupt <-chan os.Signal) bool {
	took := b.took
	switch b.outcome {
	case "hang", "thrash", "deaf":
		took = time.Hour
	}
	end := time.After(took)
	if b.hold > 0 && build >= b.hold {
		end = b.released()
	}
	select {
	case <-interrupt:
		return false
	case <-end:
		return true
	}
}

// released is told once the file is there.
func (b behaviour) released() <-chan time.Time {
	told := make(chan time.Time, 1)
	go func() {
		for {
			if _, err := os.Stat(filepath.Join(b.folder, "released")); err == nil {
				told <- time.Now()
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return told
}
