// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"strings"
	"testing"
)

func TestIgnoreDirectories(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		repoFile, yes, no string // directories, by blanks
	}{
		{`ignore_directories(["a/b", "c"])`, "a/b c", "a b a/b/c cc d/c"},
		{`ignore_directories(dirs = ["a*"])`, "a ab a*", "b ba a/b"},
		{`ignore_directories(["**/x"])`, "x a/x a/b/x", "a/x/y ax"},
		{`ignore_directories(["a/**"])`, "a a/b a/b/c", "b b/a"},
		{`ignore_directories(["**"])`, "a a/b", ""},
		{`ignore_directories(["a/**/**/z"])`, "a/z a/b/z a/b/c/z", "a z a/b"},
		{`ignore_directories(["*a*b*"])`, "ab xaxbx aab", "ba a b"},
		{`ignore_directories(["a?", "[b]"])`, "a? [b]", "ab b"},
		{`ignore_directories(["/a/"])`, "a", "b"},
		{`ignore_directories(["a"` + "\n", "", "a"},
		{`ignore_directories("a")`, "", "a"},
		{`ignore_directories(X + ["a"])`, "", "a"},
		{`other(["a"])`, "", "a"},
	} {
		i := ignored{names: map[string]bool{}}
		i.readPatterns([]byte(test.repoFile))
		for _, dir := range strings.Fields(test.yes) {
			if !i.has(dir) {
				t.Errorf("%s: %s is not ignored", test.repoFile, dir)
			}
		}
		for _, dir := range strings.Fields(test.no) {
			if i.has(dir) {
				t.Errorf("%s: %s is ignored", test.repoFile, dir)
			}
		}
	}
}

// A pattern of a workspace that is not to be trusted costs no more than its
// length times the path's.
func TestIgnoreDirectoriesIsBounded(t *testing.T) {
	t.Parallel()
	i := ignored{patterns: [][]string{strings.Split(strings.Repeat("**/a/", 40)+"b", "/")}}
	if i.has(strings.Repeat("a/", 500) + "c") {
		t.Error("matched")
	}
	if !i.has(strings.Repeat("a/", 500) + "b") {
		t.Error("did not match")
	}
}
