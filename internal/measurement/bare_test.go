// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"slices"
	"testing"
)

func bareFile(folder, name string, part Part, invocation string) Measurement {
	path := folder + "/" + name
	return Measurement{Path: path, Series: folder, Parts: map[Part][]string{part: {path}}, InvocationID: invocation}
}

func TestOneBuild(t *testing.T) {
	t.Parallel()
	profile, console := bareFile("/ci", "command.profile.gz", Profile, ""), bareFile("/ci", "console.log", Console, "")
	folder := Measurement{Path: "/ci", Series: "/", Parts: map[Part][]string{Profile: {"/ci/command.profile.gz"}}}
	for name, test := range map[string]struct {
		list     []Measurement
		want     []string
		warnings int
	}{
		"a profile and its console":      {[]Measurement{profile, console}, []string{"/ci"}, 1},
		"with another's between":         {[]Measurement{profile, bareFile("/b", "console", Console, ""), console}, []string{"/ci", "/b/console"}, 1},
		"in two folders":                 {[]Measurement{profile, bareFile("/b", "console", Console, "")}, []string{"/ci/command.profile.gz", "/b/console"}, 0},
		"two profiles":                   {[]Measurement{profile, console, bareFile("/ci", "2.gz", Profile, "")}, []string{"/ci/command.profile.gz", "/ci/console.log", "/ci/2.gz"}, 0},
		"of different invocations":       {[]Measurement{bareFile("/ci", "a", Profile, "1"), bareFile("/ci", "b", BuildEvents, "2")}, []string{"/ci/a", "/ci/b"}, 0},
		"of one, which only one names":   {[]Measurement{bareFile("/ci", "a", Profile, "1"), bareFile("/ci", "b", BuildEvents, "")}, []string{"/ci"}, 1},
		"alone":                          {[]Measurement{profile}, []string{"/ci/command.profile.gz"}, 0},
		"the folder and a file in it":    {[]Measurement{folder, console}, []string{"/ci", "/ci/console.log"}, 0},
		"three kinds, and a measurement": {[]Measurement{folder, console, profile, bareFile("/ci", "bep.json", BuildEvents, "")}, []string{"/ci", "/ci"}, 1},
	} {
		got, warnings := OneBuild(test.list)
		var paths []string
		parts := 0
		for _, m := range got {
			paths = append(paths, m.Path)
			parts += len(m.Parts)
		}
		if !slices.Equal(paths, test.want) || len(warnings) != test.warnings || parts != len(test.list) {
			t.Errorf("%s: %q with %d parts, warnings %v; want %q", name, paths, parts, warnings, test.want)
		}
	}
}
