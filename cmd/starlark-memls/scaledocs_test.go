// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestScaleDocs: every flag that the pages on measuring give to our commands
// exists. TestScaleDocsSchemas checks the YAML.
func TestScaleDocs(t *testing.T) {
	t.Parallel()
	foreign := map[string]bool{"depth": true, "config": true}
	flag := regexp.MustCompile(`(?:^|[\s|(])--([a-z][a-z-]*)`)
	fence := regexp.MustCompile("(?s)```[a-z]+\n(.*?)```|`([^`\n]+)`")
	known := map[string]bool{}
	for _, c := range newRoot().Commands() {
		for _, name := range strings.Fields("sweep stats plot report") {
			if c.Name() == name {
				c.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
			}
		}
	}
	for _, page := range []string{"sweeping-at-scale.md", "measuring.md"} {
		text, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, block := range fence.FindAllStringSubmatch(string(text), -1) {
			for _, m := range flag.FindAllStringSubmatch(block[1]+block[2], -1) {
				found++
				if !known[m[1]] && !foreign[m[1]] {
					t.Errorf("docs/%s names --%s, which no command has", page, m[1])
				}
			}
		}
		if found < 5 {
			t.Errorf("docs/%s: only %d flags were found: has its form changed?", page, found)
		}
	}
}
