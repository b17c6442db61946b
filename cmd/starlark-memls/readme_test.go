// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The first page shows what the program prints: `make generate` puts the
// demo's answer there, and these tests hold the page to the program.
//
//go:generate go test -run TestReadmeShowsTheDemo -update .

var readme = filepath.Join("..", "..", "README.md")

// mostLines bounds what report prints unasked of the example's nine builds.
const mostLines = 62

// sample is the block of the README that the demo's answer and its reasons fill.
var sample = regexp.MustCompile("(?s)```\n(memory/eat\\.bzl:[0-9]+, .*?)```\n")

func TestReadmeShowsTheDemo(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run([]string{"demo"}, strings.NewReader(""), &out, &errs); code != exitOK {
		t.Fatalf("demo exits %d: %s", code, &errs)
	}
	if n := strings.Count(out.String(), "\n"); n > mostLines {
		t.Errorf("the demo prints %d lines, more than %d: the first look is long", n, mostLines)
	}
	suspect, _, ok := strings.Cut(out.String(), "\nWhat to do next")
	if !ok {
		t.Fatalf("the demo does not begin with the answer and its reasons:\n%s", &out)
	}
	page, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	at := sample.FindSubmatchIndex(page)
	if at == nil {
		t.Fatal("README.md has no block that begins with the answer")
	}
	if *update {
		page = append(page[:at[2]:at[2]], append([]byte(suspect), page[at[3]:]...)...)
		if err := os.WriteFile(readme, page, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(page[at[2]:at[3]]), suspect); diff != "" {
		t.Errorf("README.md does not show what the demo prints; run make generate (-README +demo):\n%s", diff)
	}
}

// TestReadmeNamesEveryCommand holds the README's table to the commands there
// are. Help, completion and version speak for themselves.
func TestReadmeNamesEveryCommand(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	table := regexp.MustCompile("(?m)^\\| (`.*`) \\|")
	word := regexp.MustCompile("`([a-z]+)[^`]*`")
	told := map[string]bool{}
	for _, line := range table.FindAllStringSubmatch(string(page), -1) {
		for _, name := range word.FindAllStringSubmatch(line[1], -1) {
			told[name[1]] = true
		}
	}
	for _, c := range commands() {
		if name := c.Name(); !told[name] && name != "version" {
			t.Errorf("README.md does not tell of %s", name)
		}
		delete(told, c.Name())
	}
	for name := range told {
		t.Errorf("README.md tells of %s, which is no command", name)
	}
}
