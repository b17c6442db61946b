// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"path/filepath"
	"slices"
	"strings"
)

// OneBuild puts together bare files that were given one by one and lie in one
// folder, each of another kind: a profile and the console log beside it are of one
// build, as they are where the folder itself is given. Files that say that they
// are of different invocations, and kinds that are there twice, stay apart. What
// was put together has the folder's path, in the place of its first file.
func OneBuild(list []Measurement) (joined []Measurement, warnings []Warning) {
	done := map[string]bool{}
	for _, m := range list {
		if !m.bare() {
			joined = append(joined, m)
			continue
		}
		if done[m.Series] {
			continue
		}
		files := besides(list, m)
		one, ok := oneOf(files)
		if !ok {
			joined = append(joined, m)
			continue
		}
		done[m.Series] = true
		joined = append(joined, one)
		warnings = append(warnings, Warning{Path: one.Path, Message: "taken as of one build, because they lie in one folder: " + names(files)})
	}
	return joined, warnings
}

// bare reports whether it is a single file.
func (m *Measurement) bare() bool {
	if m.Record != nil || m.told != nil || len(m.Parts) != 1 {
		return false
	}
	for _, files := range m.Parts {
		return len(files) == 1 && files[0] == m.Path
	}
	return false
}

// besides are the bare files of a folder, the given one's.
func besides(list []Measurement, of Measurement) (files []Measurement) {
	for _, m := range list {
		if m.bare() && m.Series == of.Series {
			files = append(files, m)
		}
	}
	return files
}

// oneOf is the one measurement of several files; ok is false if they can be no
// one build's, or are no several.
func oneOf(files []Measurement) (one Measurement, ok bool) {
	folder := files[0].Series
	one = Measurement{Path: folder, Series: filepath.Dir(folder), Parts: map[Part][]string{}}
	for _, f := range files {
		for part, paths := range f.Parts {
			if len(one.Parts[part]) > 0 {
				return Measurement{}, false
			}
			one.Parts[part] = paths
		}
		if f.InvocationID != "" {
			if one.InvocationID != "" && one.InvocationID != f.InvocationID {
				return Measurement{}, false
			}
			one.InvocationID = f.InvocationID
		}
		one.Warnings = append(one.Warnings, f.Warnings...)
	}
	one.Ended = newestTime(one.Parts)
	return one, len(files) > 1
}

func names(files []Measurement) string {
	var list []string
	for _, f := range files {
		list = append(list, filepath.Base(f.Path))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
