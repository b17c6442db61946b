// SPDX-License-Identifier: Apache-2.0

//go:build unix

package perfdata

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/jvmtest"
)

func TestMain(m *testing.M) { jvmtest.Main(m) }

// made writes counters as a JVM does, in either byte order.
func made(order binary.ByteOrder, longs map[string]int64, texts map[string]string) []byte {
	data := make([]byte, headerBytes)
	binary.BigEndian.PutUint32(data, magic)
	if order == binary.LittleEndian {
		data[4] = 1
	}
	data[5], data[7] = 2, 1
	order.PutUint32(data[24:], headerBytes)
	order.PutUint32(data[28:], uint32(len(longs)+len(texts)))
	add := func(name string, kind byte, vector int, value []byte) {
		at := (entryBytes + len(name) + 1 + 7) / 8 * 8
		e := make([]byte, at+(len(value)+7)/8*8)
		order.PutUint32(e, uint32(len(e)))
		order.PutUint32(e[4:], entryBytes)
		order.PutUint32(e[8:], uint32(vector))
		e[12] = kind
		order.PutUint32(e[16:], uint32(at))
		copy(e[entryBytes:], name)
		copy(e[at:], value)
		data = append(data, e...)
	}
	for name, n := range longs {
		value := make([]byte, 8)
		order.PutUint64(value, uint64(n))
		add(name, 'J', 0, value)
	}
	for name, text := range texts {
		add(name, 'B', len(text)+3, []byte(text+"\x00\x00\x00"))
	}
	return data
}

func TestParseBothByteOrders(t *testing.T) {
	t.Parallel()
	longs := map[string]int64{"a": 1, "sun.gc.x": -5, "big": 1 << 60}
	texts := map[string]string{"java.rt.vmArgs": "-Xmx600m -XX:+UseG1GC", "empty": ""}
	for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
		c, err := Parse(made(order, longs, texts))
		if err != nil || c.Len() != 5 {
			t.Fatalf("%v: %d counters, %v", order, c.Len(), err)
		}
		for name, want := range longs {
			if got, ok := c.Long(name); !ok || got != want {
				t.Errorf("%v: %s is %d, %v, want %d", order, name, got, ok, want)
			}
		}
		for name, want := range texts {
			if got := c.Text(name); got != want {
				t.Errorf("%v: %s is %q, want %q", order, name, got, want)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	good := made(binary.LittleEndian, map[string]int64{"a": 1}, nil)
	change := func(at int, value byte) []byte {
		b := append([]byte{}, good...)
		b[at] = value
		return b
	}
	for name, test := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":           {nil, ErrNotReady},
		"zeros":             {make([]byte, 64), ErrNotReady},
		"not accessible":    {change(7, 0), ErrNotReady},
		"no entries yet":    {change(28, 0), ErrNotReady},
		"cut in the header": {good[:20], ErrFormat},
		"cut in the entry":  {good[:40], ErrFormat},
		"another magic":     {change(0, 1), ErrFormat},
		"version 1":         {change(5, 1), ErrFormat},
		"no byte order":     {change(4, 2), ErrFormat},
		"entry of length 0": {change(32, 0), ErrFormat},
		"text":              {[]byte(strings.Repeat("not counters ", 9)), ErrFormat},
	} {
		if c, err := Parse(test.data); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, %v, want %v", name, c, err, test.want)
		}
	}
}

// TestCutAnywhere: what is before a cut counts.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	longs := map[string]int64{}
	for i := range 20 {
		longs[fmt.Sprint("counter", i)] = int64(i)
	}
	data := made(binary.BigEndian, longs, nil)
	before := 0
	for n := headerBytes; n <= len(data); n++ {
		got := 0
		if c, err := Parse(data[:n]); err == nil {
			got = c.Len()
		}
		if got < before {
			t.Fatalf("%d counters of %d bytes, %d of one less", got, n, before)
		}
		before = got
	}
	if before != 20 {
		t.Errorf("%d counters of the whole", before)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(made(binary.LittleEndian, map[string]int64{"a": 1}, map[string]string{"b": "x"}))
	f.Add(made(binary.BigEndian, map[string]int64{"sun.gc.collector.0.invocations": 1}, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if (c == nil) == (err == nil) {
			t.Fatalf("%v and %v", c, err)
		}
		if c != nil {
			c.Sample()
		}
	})
}

// TestCollectors reads the counters of real JVMs with each collector while
// their heap fills.
func TestCollectors(t *testing.T) {
	t.Parallel()
	jvmtest.Each(t, func(t *testing.T, jvm jvmtest.JVM) {
		for flag, want := range map[string]Collector{"UseG1GC": G1, "UseSerialGC": Serial, "UseParallelGC": Parallel, "UseZGC": ZGC} {
			t.Run(flag, func(t *testing.T) {
				p := jvm.Start(t, []string{"-XX:+" + flag, "-Xmx192m"})
				f, err := Open(p.PID)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				p.Tell(t, "hold 48")
				p.Tell(t, "gc")
				c, err := f.Read()
				if err != nil {
					t.Fatal(err)
				}
				s := c.Sample()
				if s.Collector != want {
					t.Errorf("collector %q, want %q", s.Collector, want)
				}
				if s.LimitBytes != 192<<20 {
					t.Errorf("limit %d, want 192 MiB", s.LimitBytes)
				}
				// G1 gives a large array its own regions, ZGC pages.
				if mib := s.UsedBytes >> 20; mib < 48 || mib > 120 {
					t.Errorf("%d MiB in use after holding 48", mib)
				}
				// The warm-up cycles of JDK 17's ZGC may have the last word.
				if s.LastCause != "System.gc()" && want != ZGC {
					t.Errorf("last cause %q", s.LastCause)
				}
				if !Asked(s.LastCause) {
					t.Errorf("the last collection, %q, is not taken for one that was asked for", s.LastCause)
				}
				if want != ZGC && s.Full.Count != 1 {
					t.Errorf("%d full collections, want the one that was asked for", s.Full.Count)
				}
				if s.PauseTime() <= 0 || s.Collections() < 1 {
					t.Errorf("%v of pauses in %d collections", s.PauseTime(), s.Collections())
				}
				if got := c.JavaVersion(); !strings.HasPrefix(got, fmt.Sprint(jvm.Major)) {
					t.Errorf("version %q of a JDK %d", got, jvm.Major)
				}
				if !strings.Contains(c.Flags(), flag) {
					t.Errorf("flags %q", c.Flags())
				}
			})
		}
	})
}

func TestLeftoverAfterKill(t *testing.T) {
	t.Parallel()
	p := jvmtest.All(t)[0].Start(t, []string{"-Xmx64m", "-XX:+UseSerialGC"})
	p.Tell(t, "hold 40")
	p.Tell(t, "gc")
	p.Kill()
	c, err := Leftover(p.PID)
	if err != nil {
		t.Fatal(err)
	}
	if mib := c.Sample().UsedBytes >> 20; mib < 40 || mib > 60 {
		t.Errorf("%d MiB in use at the end, want some 40", mib)
	}
	if found, _ := filepath.Glob(pattern("/tmp", p.PID)); len(found) == 1 {
		os.Remove(found[0])
	}
}

func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	p := jvmtest.All(t)[0].Start(t, []string{"-Xmx64m", "-XX:-UsePerfData"})
	if _, err := Open(p.PID); !errors.Is(err, ErrNone) {
		t.Errorf("%v, want that there are none", err)
	}
}

func TestOpenFileRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	real := filepath.Join(dir, "1")
	if err := os.WriteFile(real, made(binary.LittleEndian, map[string]int64{"a": 1}, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "2")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{real: true, link: false, dir: false} {
		f, err := OpenFile(path)
		if (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
		if err == nil {
			f.Close()
		}
	}
	if _, err := OpenFile(filepath.Join(dir, "3")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want that it does not exist", err)
	}
}

func BenchmarkRead(b *testing.B) {
	p := jvmtest.All(b)[0].Start(b, []string{"-Xmx64m"})
	f, err := Open(p.PID)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	b.ReportAllocs()
	for b.Loop() {
		c, err := f.Read()
		if err != nil {
			b.Fatal(err)
		}
		c.Sample()
	}
}
