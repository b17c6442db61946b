// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/measure"
)

func TestShard(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		request      measure.Request
		env          map[string]string
		index, count int
		err          string
	}{
		{"alone", measure.Request{}, nil, 0, 1, ""},
		{"flags", measure.Request{ShardIndex: 2, ShardCount: 3}, map[string]string{"JOB_COMPLETION_INDEX": "1"}, 2, 3, ""},
		{"Kubernetes", measure.Request{ShardCount: 4}, map[string]string{"JOB_COMPLETION_INDEX": "3"}, 3, 4, ""},
		{"Kubernetes without a count", measure.Request{}, map[string]string{"JOB_COMPLETION_INDEX": "3"}, 0, 0, "give --shard-count"},
		{"Bazel", measure.Request{}, map[string]string{"TEST_SHARD_INDEX": "1", "TEST_TOTAL_SHARDS": "5"}, 1, 5, ""},
		{"no number", measure.Request{ShardCount: 2}, map[string]string{"JOB_COMPLETION_INDEX": "x"}, 0, 0, "not a number"},
		{"past the end", measure.Request{ShardIndex: 3, ShardCount: 3}, nil, 0, 0, "they count from 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			index, count, err := (&sweepRequest{Request: &tt.request}).shard(func(name string) string { return tt.env[name] })
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || index != tt.index || count != tt.count {
				t.Errorf("shard %d of %d, %v; want %d of %d", index, count, err, tt.index, tt.count)
			}
		})
	}
}

// TestSameAgain: the command that is printed after an interruption is the one
// that was given.
func TestSameAgain(t *testing.T) {
	t.Parallel()
	root := newRoot()
	c, rest, err := root.Find([]string{"sweep", "--out", "my series", "--mode", "regular,nobuild", "--memory=1m", "--startup", "--host_jvm_args=-javaagent:x", "--", "//...", "--config=ci", "-//it's"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.ParseFlags(rest); err != nil {
		t.Fatal(err)
	}
	want := `starlark-memls sweep --memory=1m --mode=regular --mode=nobuild '--out=my series' --startup=--host_jvm_args=-javaagent:x -- //... --config=ci '-//it'\''s'`
	if got := sameAgain(c); got != want {
		t.Errorf("again:\n%s\nwant\n%s", got, want)
	}
}

func TestSweepUsage(t *testing.T) {
	t.Parallel()
	workspace := t.TempDir()
	if err := os.WriteFile(filepath.Join(workspace, "WORKSPACE"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"sweep --memory 200m -- //...":                                              "--out is missing",
		"sweep --out x -- //...":                                                    "--memory is missing",
		"sweep --out x --memory 200m":                                               "name the targets to build behind --",
		"sweep --out x --memory 200m //...":                                         "name the targets to build behind --",
		"sweep --out x --memory 9m:1m:1m --workspace WS -- //...":                   "runs backwards",
		"sweep --out x --memory 200m --mode fast --workspace WS -- //...":           `unknown mode "fast"`,
		"sweep --out x --memory 200m --heap-dumps shred --workspace WS -- //...":    `unknown heap-dumps "shred"`,
		"sweep --out x --memory 200m --runs 0 --workspace WS -- //...":              "--runs 0: at least 1",
		"sweep --out x --find-limit --precision 150% --workspace WS -- //...":       `precision "150%"`,
		"sweep --out x --find-limit --mode regular,nobuild --workspace WS -- //...": "--find-limit takes one mode",
		"sweep --out x --memory 200 --workspace WS -- //...":                        "200 are bytes; give a unit, as in 200m",
		"sweep --out x --memory 200m:400m:0 --workspace WS -- //...":                "0 is neither a limit nor a step",
		"sweep --out x --memory 200m --find-limit --workspace WS -- //...":          "--memory 200m is one limit",
		"sweep --out x --memory 200m --timeout -5s -- //...":                        "cannot be negative",
		"sweep --out x --memory 200m --timeout soon -- //...":                       "--timeout soon: not a length of time, such as 90s or 10m;",
		"sweep --out x --memory 200m --runs many -- //...":                          "--runs many: not a whole number;",
		"sweep --out x --memory 200m --runs 99999999999999999999 -- //...":          "--runs 99999999999999999999: that is out of range;",
		"sweep --out x --memory 200m --seed -1 -- //...":                            "--seed -1: not a whole number, 0 or more;",
		"sweep --out x --memory 200m --shuffle=perhaps -- //...":                    "--shuffle perhaps: not true or false;",
		"plot --out x.svg --min low series":                                         "--min low: not a number;",
		"plot --out x.svg":                                                          "0 arguments were given; usage: starlark-memls plot --out FILE",
		"compare series":                                                            "1 argument was given; usage: starlark-memls compare A B",
		"stats series EMPTY":                                                        "argument 2 is empty; name a path",
		"report EMPTY":                                                              "argument 1 is empty; name a path",
		"plot --out x.pdf series":                                                   "must end in .svg or .png",
		"plot --out x.svg --show sunrise series":                                    `unknown plot "sunrise"`,
		"stats --format xml series":                                                 `unknown --format "xml"`,
	} {
		var out, complaints strings.Builder
		args := strings.Fields(strings.ReplaceAll(line, "WS", workspace))
		for i := range args {
			args[i] = strings.TrimPrefix(args[i], "EMPTY")
		}
		if code := run(args, strings.NewReader(""), &out, &complaints); code != exitUsage || !strings.Contains(complaints.String(), want) {
			t.Errorf("%s\nexits %d and says %q; want 2 and %q", line, code, complaints.String(), want)
		}
	}
}
