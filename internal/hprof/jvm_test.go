// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// zooClasses is where the Java program was compiled, "" before.
var zooClasses string

var compileZoo = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "zoo-classes-")
	if err != nil {
		return "", err
	}
	zooClasses = dir
	if out, err := exec.Command("javac", "-encoding", "UTF-8", "-nowarn", "-d", dir, "testdata/Zoo.java").CombinedOutput(); err != nil {
		return dir, fmt.Errorf("a JDK (javac, java, jcmd) must be on PATH for this test: %w\n%s", err, out)
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if zooClasses != "" {
		os.RemoveAll(zooClasses)
	}
	os.Exit(code)
}

// startZoo runs the Java program until the test ends.
func startZoo(t *testing.T, dump string, flags ...string) (pid int) {
	t.Helper()
	classes, err := compileZoo()
	if err != nil {
		t.Fatal(err)
	}
	args := append(flags, "-cp", classes, "Zoo")
	if dump != "" {
		args = append(args, dump)
	}
	cmd := exec.Command("java", args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the Java program said %q, %v", line, err)
	}
	return cmd.Process.Pid
}

func jcmd(t *testing.T, pid int, args ...string) string {
	t.Helper()
	out, err := exec.Command("jcmd", append([]string{strconv.Itoa(pid)}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("jcmd %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// liveHistogram is what the JVM itself counts after a collection.
func liveHistogram(t *testing.T, pid int) map[string]HistogramLine {
	t.Helper()
	lines := map[string]HistogramLine{}
	for line := range strings.Lines(jcmd(t, pid, "GC.class_histogram")) {
		f := strings.Fields(line)
		if len(f) < 4 || !strings.HasSuffix(f[0], ":") {
			continue
		}
		n, err1 := strconv.ParseInt(f[1], 10, 64)
		bytes, err2 := strconv.ParseInt(f[2], 10, 64)
		if err1 != nil || err2 != nil {
			continue
		}
		l := lines[javaName(f[3])]
		l.Class = javaName(f[3])
		l.Instances += n
		l.Bytes += bytes
		lines[l.Class] = l
	}
	return lines
}

func TestHistogramAgainstJVM(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"default":               nil,
		"uncompressed":          {"-XX:-UseCompressedOops"},
		"uncompressed classes":  {"-XX:-UseCompressedOops", "-XX:-UseCompressedClassPointers"},
		"serial collector":      {"-XX:+UseSerialGC"},
		"aligned to 16":         {"-XX:ObjectAlignmentInBytes=16"},
		"without a packed heap": {"-XX:+UseZGC"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pid := startZoo(t, "", append(flags, "-Xmx256m")...)
			path := filepath.Join(t.TempDir(), "zoo.hprof")
			before := liveHistogram(t, pid)
			jcmd(t, pid, "GC.heap_dump", path)
			after := liveHistogram(t, pid)
			d := open(t, path)
			if !d.Layout().Measured {
				t.Errorf("the layout was guessed: %+v", d.Layout())
			}
			got := map[string]HistogramLine{}
			for _, l := range d.Histogram() {
				got[l.Class] = l
			}
			checked := 0
			var total, totalWant int64
			for class, want := range before {
				if want != after[class] || class == "java.lang.Class" {
					continue // asking changed it; of classes see below
				}
				checked++
				total, totalWant = total+got[class].Bytes, totalWant+want.Bytes
				if got[class].Instances != want.Instances {
					t.Errorf("%s: %d instances, the JVM counts %d", class, got[class].Instances, want.Instances)
				}
				if want.Bytes > 4096 && !within(got[class].Bytes, want.Bytes, 0.02) {
					t.Errorf("%s: %d bytes, the JVM counts %d", class, got[class].Bytes, want.Bytes)
				}
			}
			if checked < 100 || !within(total, totalWant, 0.02) {
				t.Errorf("%d classes compared: %d bytes, the JVM counts %d", checked, total, totalWant)
			}
			// HotSpot leaves classes out of a dump that are loaded but not
			// linked; their Class objects are counted all the same.
			c, want := got["java.lang.Class"], before["java.lang.Class"]
			if c.Instances > want.Instances || !within(c.Bytes*want.Instances, want.Bytes*c.Instances, 0.05) {
				t.Errorf("java.lang.Class: %+v, the JVM counts %+v", c, want)
			}
		})
	}
}

func within(got, want int64, share float64) bool {
	d := float64(got - want)
	return max(d, -d) <= share*float64(want)
}

func open(t testing.TB, path string) *Dump {
	t.Helper()
	d, err := Open(context.Background(), path, OpenOptions{TempDir: t.TempDir(), Watch: []string{"Zoo$Base"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if d.Damage() != "" {
		t.Fatal(d.Damage())
	}
	return d
}

// zooDump is one dump of the Java program, shared by the tests that only read.
func zooDump(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "zoo.hprof")
	startZoo(t, path, "-Xmx256m")
	return path
}

// named looks a value up in the Java program's map.
func named(t *testing.T, d *Dump) map[string]Object {
	t.Helper()
	zoo := d.ClassesNamed("Zoo")
	if len(zoo) != 1 {
		t.Fatalf("%d classes Zoo", len(zoo))
	}
	out := map[string]Object{}
	for _, s := range zoo[0].Statics {
		if s.Name == "someStatic" && s.Bits != 0x1122334455667788 {
			t.Errorf("someStatic = %x", s.Bits)
		}
		if s.Name != "named" {
			continue
		}
		m, _ := d.Object(s.Bits)
		for e, ok := m.Ref("head"); ok; e, ok = e.Ref("after") {
			k, _ := e.Ref("key")
			text, _ := k.Text(100)
			out[text], _ = e.Ref("value")
		}
	}
	return out
}

func TestValues(t *testing.T) {
	t.Parallel()
	d := open(t, zooDump(t))
	values := named(t, d)
	for name, want := range map[string]string{"latin": "café", "wide": "αβγ 😀"} {
		if got, ok := values[name].Text(100); !ok || got != want {
			t.Errorf("%s = %q, %v", name, got, ok)
		}
	}
	if n := values["wide"].StringLen(); n != 6 {
		t.Errorf("the wide string has %d units", n)
	}
	if l := values["longs"]; l.Len() != 3 || l.ElementType() != Long || be64(l.Bytes(100)[16:]) != 1<<63 {
		t.Errorf("longs: %v", l.Bytes(100))
	}
	grid := values["grid"]
	row, _ := grid.Element(0)
	if a, _ := row.Element(0); grid.Class().Name != "java.lang.Object[][]" || row.Len() != 2 || !a.IsString() {
		t.Errorf("grid: %v %v", grid.Class().Name, row.Len())
	}
	if _, ok := row.Element(1); ok {
		t.Error("null is an object")
	}
	var derived []uint64
	for c, ids := range d.Watched() {
		if c.Name == "Zoo$Derived" {
			derived = append(derived, ids...)
		}
	}
	if len(derived) != 1000 {
		t.Fatalf("%d Zoo$Derived watched as Zoo$Base, want 1000", len(derived))
	}
	o, _ := d.Object(derived[0])
	for field, want := range map[string]int64{"b": 1, "l": 2, "z": 1, "c": 'π', "s": -3, "i": -4} {
		if got, ok := o.Int(field); !ok || got != want {
			t.Errorf("%s = %d, %v, want %d", field, got, ok, want)
		}
	}
	if f, _ := o.Float("f"); f != 1.5 {
		t.Errorf("f = %v", f)
	}
	if f, _ := o.Float("d"); f != -2.5 {
		t.Errorf("d = %v", f)
	}
	if base, _ := o.Ref("ref"); base.ID == 0 {
		t.Error("the superclass's reference is not found")
	}
	if _, ok := o.Ref("absent"); ok || !o.Class().Is("Zoo$Base") {
		t.Error("fields or superclasses are wrong")
	}
}

func TestThreads(t *testing.T) {
	t.Parallel()
	d := open(t, zooDump(t))
	for _, thread := range d.Threads() {
		if thread.Name != "zoo-keeper" {
			continue
		}
		var methods []string
		for _, f := range thread.Frames {
			methods = append(methods, f.Class+"."+f.Method)
		}
		if len(methods) < 4 || methods[0] != "java.lang.Object.wait" || !strings.Contains(strings.Join(methods, " "), "Zoo.waitHere") {
			t.Errorf("frames: %v", methods)
		}
		for r := range d.Roots() {
			if o, ok := d.Object(r.ID); ok && r.Kind == RootJavaFrame && r.Thread == thread.Serial && o.Kind() == ObjectArray {
				if s, _ := o.Element(0); s.IsString() {
					return
				}
			}
		}
		t.Error("the local on the stack is no root")
	}
	t.Error("no thread zoo-keeper")
}

func TestStrengths(t *testing.T) {
	t.Parallel()
	d := open(t, zooDump(t))
	g := graph(t, d)
	if err := g.Reach(context.Background()); err != nil {
		t.Fatal(err)
	}
	values := named(t, d)
	for name, want := range map[string]Strength{"soft": Soft, "weak": Strong, "phantom": Phantom} {
		held, ok := values[name].Ref("referent")
		if !ok {
			if name == "phantom" { // cleared by the collection before the dump
				continue
			}
			t.Fatalf("%s has no referent", name)
		}
		if got := g.Strength(g.Number(held.ID)); got != want {
			t.Errorf("the referent of %s is held as %v, want %v", name, got, want)
		}
	}
}

func graph(t testing.TB, d *Dump) *Graph {
	t.Helper()
	g, err := d.Graph(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestRetainedInJVM(t *testing.T) {
	t.Parallel()
	d := open(t, zooDump(t))
	values := named(t, d)
	g := graph(t, d)
	steps, kind, ok, err := g.PathToRoot(context.Background(), values["longs"].ID)
	if err != nil || !ok || len(steps) < 4 || steps[len(steps)-1].Through != "value" {
		t.Errorf("path to root: %v %v %v %v", steps, kind, ok, err)
	}
	dom, err := g.Dominators(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	// 100,000 links of 24 bytes in a row: also a chain that recursion would not survive.
	if got := dom.RetainedBytes(g.Number(values["deep"].ID)); got != 100_000*24 {
		t.Errorf("the chain retains %d bytes", got)
	}
	var shallow int64
	for n := range uint32(g.Nodes()) {
		if g.Strength(n).Live() {
			shallow += g.ShallowBytes(n)
		}
	}
	if dom.LiveBytes() != shallow {
		t.Errorf("%d bytes below the root, %d live", dom.LiveBytes(), shallow)
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	pid := startZoo(t, "", "-Xmx256m")
	path := filepath.Join(t.TempDir(), "zoo.hprof.gz")
	jcmd(t, pid, "GC.heap_dump", "-gz=1", path)
	d := open(t, path)
	if got, _ := named(t, d)["latin"].Text(10); got != "café" {
		t.Errorf("latin = %q", got)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.hprof.gz")
	if err := os.WriteFile(cut, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	half, err := Open(context.Background(), cut, OpenOptions{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	if half.Damage() == "" || half.Objects() == 0 || half.Objects() >= d.Objects() {
		t.Errorf("cut: %d of %d objects, damage %q", half.Objects(), d.Objects(), half.Damage())
	}
}
