// SPDX-License-Identifier: Apache-2.0

// Command million measures what a fleet's rows are worth: how well the crashes
// of the corpus are grouped when its workspaces are renamed and edited in 50
// ways, beside grouping by the console's text.
//
//	go run ./internal/fleet/million -out DIR
//
// from the repository's root; it takes some 20 minutes of a processor. Variants
// that are in DIR are not made again. What it leaves there, one file a variant and table,
// scripts/fleet-million makes a million crashes of, for DuckDB and Spark.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/parquet-go/parquet-go"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/accuracy"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/fleet"
)

const projects, revisions = 10, 5

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "million:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("million", flag.ContinueOnError)
	out := flags.String("out", "", "where the rows go")
	corpus := flags.String("corpus", "internal/accuracy/corpus", "the recorded scenarios")
	first := flags.Int("first", 0, "the variant to begin with, for several at once")
	most := flags.Int("variants", projects*revisions, "the number of variants")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *out == "" {
		return errors.New("-out is missing")
	}
	for i := *first; i < *most; i++ {
		v := variant{project: i / revisions, revision: i % revisions}
		path := filepath.Join(*out, fmt.Sprintf("truth-%02d.parquet", i))
		if _, err := os.Stat(path); err == nil {
			continue
		}
		t, err := v.rows(ctx, *corpus)
		if err != nil {
			return err
		}
		if err := t.write(*out, i); err != nil {
			return err
		}
		fmt.Printf("variant %d: %d builds, %d crashes\n", i, len(t.builds), len(t.crashes))
	}
	all, err := parquetFiles[truth](*out, "truth")
	if err != nil {
		return err
	}
	suspects, err := parquetFiles[fleet.Suspect](*out, "suspects")
	if err != nil {
		return err
	}
	fmt.Print(table(all, suspects))
	return nil
}

// A truth is a row of what is known of a crash because it was made.
type truth struct {
	CrashID string `parquet:"crash_id"`
	Project string `parquet:"project"`
	// Cause is the scenario; of one with several culprits the fault is any of
	// Guilty. There is none in a build that is merely big.
	Cause   string   `parquet:"cause"`
	Guilty  []string `parquet:"guilty,list"`
	Dumped  bool     `parquet:"dumped"`
	Console string   `parquet:"console"`
}

type tables struct {
	builds   []fleet.BuildRow
	crashes  []fleet.CrashRow
	suspects []fleet.Suspect
	truths   []truth
}

func (t *tables) write(dir string, i int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := func(name string) string { return filepath.Join(dir, fmt.Sprintf("%s-%02d.parquet", name, i)) }
	// The truth comes last: a variant that has it is whole.
	return errors.Join(
		parquet.WriteFile(path("builds"), t.builds), parquet.WriteFile(path("crashes"), t.crashes),
		parquet.WriteFile(path("suspects"), t.suspects), parquet.WriteFile(path("truth"), t.truths))
}

func parquetFiles[T any](dir, name string) (all []T, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, name+"-*.parquet"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		rows, err := parquet.ReadFile[T](path)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// rows are those of the whole corpus in one variant, each build by itself.
func (v variant) rows(ctx context.Context, corpus string) (*tables, error) {
	scratch, err := os.MkdirTemp("", "million")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	number := 0
	consoles := map[string]string{}
	cases, err := accuracy.LoadEdited(ctx, corpus, scratch, func(s *generate.Scenario) func(string, []byte) []byte {
		number++
		return v.edit(s, number)
	})
	if err != nil {
		return nil, err
	}
	t := &tables{}
	for i := range cases {
		c := &cases[i]
		with := map[string]*observe.Observation{}
		for _, o := range c.Dumped {
			with[o.Summary.Path] = o
		}
		for _, o := range c.Crashed {
			dumped := with[o.Summary.Path]
			if dumped != nil {
				o = dumped
			}
			v.add(ctx, t, c, o, dumped != nil, console(consoles, scratch, c.ID, o))
		}
		for _, o := range c.Passed {
			v.add(ctx, t, c, o, false, "")
		}
	}
	return t, ctx.Err()
}

// add adds the rows of a build as collect makes them.
func (v variant) add(ctx context.Context, t *tables, c *accuracy.Case, o *observe.Observation, dumped bool, text string) {
	o.Summary.InvocationID = "" // another build in each variant
	report := attribution.Conclude(ctx, []*observe.Observation{o}, c.Workspace, attribution.ConcludeOptions{})
	rows := fleet.FromSource(fleet.BuildFacts{Report: report, Root: c.Workspace.Root(), Project: v.name(),
		Resolve: func(printed string) string { return c.Workspace.Resolve(printed).Path },
		Commit:  fmt.Sprintf("%s-r%d", c.ID, v.revision), Now: time.Unix(0, 0)})
	t.builds = append(t.builds, rows.Build)
	// A build that died counts once, however often the evidence tells of it.
	if len(rows.Crashes) == 0 || text == "" {
		return
	}
	row := rows.Crashes[0]
	t.crashes = append(t.crashes, row)
	for _, s := range rows.Suspects {
		if s.CrashID == row.CrashID {
			t.suspects = append(t.suspects, s)
		}
	}
	known := truth{CrashID: row.CrashID, Project: v.name(), Cause: c.ID, Dumped: dumped, Console: text}
	for _, g := range c.Guilty {
		known.Guilty = append(known.Guilty, "@//"+filepath.ToSlash(filepath.Dir(g.File))+":"+filepath.Base(g.File)+"%"+g.Function)
	}
	t.truths = append(t.truths, known)
}
