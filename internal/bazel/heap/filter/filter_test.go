// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"strings"
	"testing"
)

type object struct {
	names   map[ObjectField][]string
	numbers map[ObjectField]int64
}

func (o object) Names(f ObjectField) []string { return o.names[f] }

func (o object) Number(f ObjectField) (int64, bool) {
	n, ok := o.numbers[f]
	return n, ok
}

var list = object{
	map[ObjectField][]string{Type: {"list"}, Class: {"net.starlark.java.eval.StarlarkList", "StarlarkList"}, Target: {"//lib:a b"},
		Provider: {"Info.files made at lib/info.bzl:7", "Info.files", "Info"}, Rule: {"lib"}},
	map[ObjectField]int64{Length: 20_000, Size: 24, Retained: 1 << 20},
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"":          true,
		"  \t\n":    true,
		"type=list": true, "type = dict": false, "type != list": false, "type != dict": true, "TYPE = list": true, "type = 'list'": true,
		"class = StarlarkList": true, "class = net.starlark.java.eval.StarlarkList": true, "class = List": false, "class ~ List$": true, "class ~ ^List": false,
		"length > 10000 and retained >= 1 MB": true, "length > 10_000": true, "length>20000": false, "length >= 20000": true, "length < 20001": true, "length <= 19999": false,
		"length = 20000": true, "length != 20000": false, "length = -1": false,
		"retained > 1 MiB": false, "retained >= 1m": true, "retained > 1023.5 KiB and size < 1k": true, "retained = 1048576": true,
		"size < 0.5k and type = list or type = dict": true,
		"type = dict and type = set or type = list":  true, "type = dict and (type = set or type = list)": false,
		"type = dict or type = list and size = 24": true, "(type = dict or type = list) and size = 25": false,
		"not type = dict and not not size = 24": true, "not (type = list)": false, "NOT type = dict AND size = 24": true,
		`target = "//lib:a b"`: true, `target = //lib:a`: false, `target ~ "^//lib:(a|c)"`: true, "function = ''": true, "function ~ ^$": true, "target = ''": false,
		"owner = Info": true, "owner = lib": true, "owner != lib": false, "owner != other": true, "owner ~ bzl:7": true, "owner ~ ^//lib": true,
		"provider = Info.files": true, "provider = Info.file": false,
		`preview ~ "\""`: false, `preview = ""`: true,
	} {
		f, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := f.Match(list); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for _, text := range []string{"length = 0", "length != 0", "length < 1"} {
		if f, err := Parse(text); err != nil || f.Match(object{}) {
			t.Errorf("%s lets an object without a length pass (%v)", text, err)
		}
	}
}

func TestWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"colour = red":               `character 1 of the filter: there is no field "colour": it is type, class, length,`,
		"type = list and":            `character 16 of the filter: a field is expected before the end`,
		"type list":                  `character 6 of the filter: an operator is expected after "type": =, !=,`,
		"type =":                     `character 7 of the filter: a value is expected after "="`,
		"type = list length > 3":     `character 13 of the filter: and, or, or the end is expected before "length"`,
		"(type = list":               `character 13 of the filter: a ) is expected before the end`,
		"type = list)":               `character 12 of the filter: and, or, or the end is expected before ")"`,
		"length > x":                 `character 10 of the filter: length is compared with a whole number, not with "x"`,
		"length > 1.5":               `character 10 of the filter: length is`,
		"size > big":                 `character 8 of the filter: "big" is not a size: write a number with k, m, g or t`,
		"size > 1 MB MB":             `character 13 of the filter: and, or, or the end`,
		"size > 1 parsec":            `character 8 of the filter: "1 parsec" is not a size`,
		"size ~ 1":                   `character 6 of the filter: ~ is for text`,
		"type > list":                `character 6 of the filter: > is for numbers`,
		"owner > list":               `character 7 of the filter: > is for numbers`,
		"type ~ *":                   `character 8 of the filter: "*" is no regular expression: missing argument`,
		`type = "list`:               `character 8 of the filter: the quote that begins here does not end`,
		"type ! list":                `character 6 of the filter: "!" is no operator`,
		"ü = 1":                      `character 1 of the filter: there is no field "ü"`,
		"type = ü and ü = 1":         `character 14 of the filter: there is no field`,
		"not":                        `character 4 of the filter: a field is expected`,
		"type = list or or size > 1": `character 16 of the filter: there is no field "or"`,
		"type = \xff":                `character 1 of the filter: it is not UTF-8`,
		strings.Repeat("(", 500):     `character 102 of the filter: more than 100 conditions stand in each other`,
		strings.Repeat("not ", 500):  `more than 100 conditions`,
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q is more than a line", err)
		}
	}
}

// What is dear to find out is asked last, and not at all where it does not matter.
func TestCheapFirst(t *testing.T) {
	t.Parallel()
	f, err := Parse("preview ~ secret and length > 3 and class = byte[]")
	if err != nil {
		t.Fatal(err)
	}
	asked := asked{}
	f.Match(asked)
	if len(asked) != 1 || !asked[Class] {
		t.Errorf("asked for %v", asked)
	}
	if !f.Needs(Preview) || f.Needs(Retained) {
		t.Error("what it needs is told wrong")
	}
}

type asked map[ObjectField]bool

func (a asked) Names(f ObjectField) []string       { a[f] = true; return nil }
func (a asked) Number(f ObjectField) (int64, bool) { a[f] = true; return 0, false }

// Whatever is given, the answer is a filter or an error with a place in the text;
// and what was read once is read in the same way again, in parentheses.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"type = list and length > 10000 and retained > 1 MB", `class ~ "^java\.util\." and not (target = //lib:a or owner != 'x')`,
		"size >= 1.5 MiB", "not not type='", "((", "a = b", "type = \"\\\"\""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := Parse(text)
		if err != nil {
			at, ok := err.(*Error)
			if !ok || at.Character < 1 || at.Character > len(text)+1 || strings.ContainsAny(at.Error(), "\n\r") {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		got := read.Match(list)
		if strings.TrimSpace(text) == "" {
			return
		}
		if again, err := Parse("(" + text + ")"); err == nil && again.Match(list) != got {
			t.Fatalf("%q in parentheses matches otherwise", text)
		}
	})
}
