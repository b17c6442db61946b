package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestShard(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		request      sweepRequest
		env          map[string]string
		index, count int
		err          string
	}{
		{"alone", sweepRequest{}, nil, 0, 1, ""},
		{"flags", sweepRequest{shardIndex: 2, shardCount: 3}, map[string]string{"JOB_COMPLETION_INDEX": "1"}, 2, 3, ""},
		{"Kubernetes", sweepRequest{shardCount: 4}, map[string]string{"JOB_COMPLETION_INDEX": "3"}, 3, 4, ""},
		{"Kubernetes without a count", sweepRequest{}, map[string]string{"JOB_COMPLETION_INDEX": "3"}, 0, 0, "give --shard-count"},
		{"Bazel", sweepRequest{}, map[string]string{"TEST_SHARD_INDEX": "1", "TEST_TOTAL_SHARDS": "5"}, 1, 5, ""},
		{"no number", sweepRequest{shardCount: 2}, map[string]string{"JOB_COMPLETION_INDEX": "x"}, 0, 0, "not a number"},
		{"past the end", sweepRequest{shardIndex: 3, shardCount: 3}, nil, 0, 0, "they count from 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			index, count, err := tt.request.shard(func(name string) string { return tt.env[name] })
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
		"sweep --out x --find-limit --mode regular,nobuild --workspace WS -- //...": "--find-limit takes one --mode",
		"plot --out x.pdf series":                                                   "must end in .svg or .png",
		"plot --out x.svg --show sunrise series":                                    `unknown picture "sunrise"`,
		"stats --format xml series":                                                 `unknown --format "xml"`,
	} {
		var out, complaints strings.Builder
		args := strings.Fields(strings.ReplaceAll(line, "WS", workspace))
		if code := run(args, strings.NewReader(""), &out, &complaints); code != exitUsage || !strings.Contains(complaints.String(), want) {
			t.Errorf("%s\nexits %d and says %q; want 2 and %q", line, code, complaints.String(), want)
		}
	}
}
