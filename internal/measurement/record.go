// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/plain"
)

// maxWords bounds what a record says in words, in characters: its writer keeps
// one line of the console.
const maxWords = 2000

// readRecord reads measurement.json. What it says in words is made safe to show:
// the file is as likely as not from somebody else.
func readRecord(ctx context.Context, path string) (*Record, error) {
	text, err := input.ReadFile(ctx, path, maxRecordSize)
	if err != nil {
		return nil, err
	}
	var record Record
	if err := json.Unmarshal(text, &record); err != nil {
		return nil, fmt.Errorf("is not read as a record (%v); the other files of the folder are", err)
	}
	odd := record.restrict()
	switch {
	case record.Schema > 1:
		return &record, fmt.Errorf("is of schema %d, newer than this program knows (1): fields may be missed", record.Schema)
	case len(odd) > 0:
		return &record, fmt.Errorf("says what cannot be, which is left out: %s", strings.Join(odd, ", "))
	}
	return &record, nil
}

// statuses are those that a record may have.
var statuses = []Status{"", OK, OutOfMemory, GCThrashing, ServerDied, Timeout, Killed, "interrupted", Failed, Unknown}

// restrict takes out what no writer of a record writes, and names it.
func (r *Record) restrict() (odd []string) {
	if !slices.Contains(statuses, r.Status) {
		odd = append(odd, "the status "+plain.Cut(string(r.Status), 40))
		r.Status = ""
	}
	if !slices.Contains([]string{"", "regular", "nobuild", "skymeld"}, r.Mode) {
		odd = append(odd, "the mode "+plain.Cut(r.Mode, 40))
		r.Mode = ""
	}
	if r.MemoryLimitBytes < 0 {
		odd = append(odd, fmt.Sprintf("a limit of %d bytes", r.MemoryLimitBytes))
		r.MemoryLimitBytes = 0
	}
	if r.ServerPID < 0 {
		odd = append(odd, fmt.Sprintf("the process %d", r.ServerPID))
		r.ServerPID = 0
	}
	for _, words := range []*string{&r.Run, &r.BazelVersion, &r.FirstError, &r.InvocationID, &r.Stopped} {
		if n := utf8.RuneCountInString(*words); n > maxWords {
			odd = append(odd, fmt.Sprintf("a word of %d characters", n))
		}
		*words = plain.Cut(*words, maxWords)
	}
	return odd
}
