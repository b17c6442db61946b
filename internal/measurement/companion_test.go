// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"strings"
	"testing"
)

func TestWithCompanions(t *testing.T) {
	t.Parallel()
	bare := func(path string, kind Part) Measurement {
		return Measurement{Path: path, Parts: map[Part][]string{kind: {path}}}
	}
	recording := bare("/a/recording.jfr", FlightRecording)
	for _, c := range []struct {
		name string
		list []Measurement
		want string // paths and how many parts each has
		warn bool
	}{
		{"with its profile", []Measurement{recording, bare("/b/profile.gz", Profile)}, "/b/profile.gz 2", false},
		{"in its folder", []Measurement{bare("/a/profile.gz", Profile), recording, bare("/b/profile.gz", Profile)}, "/a/profile.gz 2, /b/profile.gz 1", false},
		{"of any of two", []Measurement{bare("/b/profile.gz", Profile), recording, bare("/b/console", Console)}, "/b/profile.gz 1, /b/console 1", true},
		{"alone", []Measurement{recording}, "/a/recording.jfr 1", false},
		{"all of one", []Measurement{bare("/a/profile.gz", Profile), recording, bare("/a/counters.jsonl", Counters), bare("/a/retained.json", Retained)}, "/a/profile.gz 4", false},
	} {
		got, warnings := WithCompanions(c.list)
		var words []string
		for _, m := range got {
			words = append(words, m.Path+" "+string(rune('0'+len(m.Parts))))
		}
		if text := strings.Join(words, ", "); text != c.want || (len(warnings) > 0) != c.warn {
			t.Errorf("%s: %s, %v; want %s", c.name, text, warnings, c.want)
		}
		for _, m := range c.list {
			if len(m.Parts) != 1 {
				t.Errorf("%s: what was given has changed", c.name)
			}
		}
	}
}
