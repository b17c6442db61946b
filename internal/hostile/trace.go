// SPDX-License-Identifier: Apache-2.0

//go:build unix

package hostile

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

const (
	traceHead = `{"otherData":{"build_id":"11111111-2222-3333-4444-555555555555","output_base":"/x"},"traceEvents":[` + "\n"
	traceTail = "\n]}"
	call      = `{"cat":"Starlark user function call","name":"%s","ph":"X","ts":%s,"dur":%s,"pid":1,"tid":%s}`
)

// measure writes one file of a measurement and reads it.
func measure(kind, name, file, content string) Input {
	return Input{Kind: kind, Name: name, Args: []string{"report", "--workspace", ".", "m"}, Make: files(map[string]string{"m/" + file: content})}
}

// profiles hold JSON that no Bazel writes.
func profiles() (list []Input) {
	nested := func(open, close string, n int) string { return strings.Repeat(open, n) + strings.Repeat(close, n) }
	numbers := []string{"NaN", "-5", "1e308", "9223372036854775807", "-9223372036854775808", "1e-400", "18446744073709551616", `"1"`, "null", "true", "Infinity", "0x10", "00012", "1.5e3", strings.Repeat("9", 5000), "[]"}
	var odd []string
	for i, n := range numbers {
		odd = append(odd, fmt.Sprintf(call, fmt.Sprint("f", i), n, numbers[(i+1)%len(numbers)], []string{"1", "-1", "99999999999999999999", "1.5", `"x"`}[i%5]))
	}
	wide := utf16.Encode([]rune(traceHead + traceTail))
	var little, big bytes.Buffer
	little.WriteString("\xff\xfe")
	big.WriteString("\xfe\xff")
	for _, u := range wide {
		little.Write([]byte{byte(u), byte(u >> 8)})
		big.Write([]byte{byte(u >> 8), byte(u)})
	}
	many := func(n int, one func(i int) string) string {
		var b strings.Builder
		b.WriteString(traceHead)
		for i := range n {
			b.WriteString(one(i) + ",\n")
		}
		return b.String() + "{}" + traceTail
	}
	for name, text := range map[string]string{
		"lists in lists":          traceHead + `{"ph":"X","name":"a","args":` + nested("[", "]", 1_000_000) + "}" + traceTail,
		"objects in objects":      traceHead + `{"ph":"X","name":"a","args":` + strings.Repeat(`{"a":`, 1_000_000) + "1" + strings.Repeat("}", 1_000_000) + "}" + traceTail,
		"nesting before events":   `{"otherData":` + strings.Repeat(`{"a":`, 1_000_000) + "1" + strings.Repeat("}", 1_000_000) + `,"traceEvents":[]}`,
		"each key twice":          traceHead + `{"ph":"X","ph":"B","name":"a","name":"b","ts":1,"ts":2,"dur":3,"dur":4,"tid":1,"tid":2,"cat":"Starlark user function call","cat":"x"}` + traceTail,
		"odd numbers":             traceHead + strings.Join(odd, ",\n") + traceTail,
		"UTF-16, little end":      little.String(),
		"UTF-16, big end":         big.String(),
		"not UTF-8":               traceHead + fmt.Sprintf(call, "\xff\xfe\x80\xed\xa0\x80", "1", "100000", "1") + traceTail,
		"surrogates":              traceHead + fmt.Sprintf(call, `\ud800\udc00\udfff\ud800`, "1", "100000", "1") + traceTail,
		"nothing behind the head": traceHead,
		"half an event":           traceHead + `{"cat":"Starlark user fu`,
		"times near the end":      traceHead + fmt.Sprintf(call, "f", "9223372036854775000", "9223372036854775000", "1") + traceTail,
		"many threads":            many(100_000, func(i int) string { return fmt.Sprintf(call, "fn", fmt.Sprint(i), "60000", fmt.Sprint(i)) }),
		"many names":              many(100_000, func(i int) string { return fmt.Sprintf(call, fmt.Sprint("fn_", i), fmt.Sprint(i*100), "60000", "1") }),
		"calls in calls":          many(100_000, func(i int) string { return fmt.Sprintf(call, "fn", fmt.Sprint(i), fmt.Sprint(4_000_000-2*i), "1") }),
		"many collections": many(300_000, func(i int) string {
			return fmt.Sprintf(`{"cat":"gc notification","name":"minor GC","ph":"X","ts":%d,"dur":1,"pid":1,"tid":1}`, i)
		}),
	} {
		in := measure("profile", name, "200m-1/profile", text)
		in.Unpacked = 4 * int64(len(text)) // threads are kept
		if name == "many names" {
			in.Unpacked = 16 * int64(len(text)) // some 4 KB of evidence a name
		}
		list = append(list, in)
	}
	events := `{"id":{"started":{}},"started":{"uuid":"a","command":"build"}}` + "\n"
	for name, text := range map[string]string{
		"many events":    events + strings.Repeat(`{"id":{"progress":{"opaqueCount":1}},"progress":{"stderr":"ERROR: x\n"}}`+"\n", 100_000),
		"nesting":        events + `{"id":{"progress":{}},"progress":` + strings.Repeat(`{"a":`, 1_000_000) + "1" + strings.Repeat("}", 1_000_000) + "}\n",
		"odd numbers":    events + `{"id":{"buildFinished":{}},"finished":{"exitCode":{"code":1e400},"finishTimeMillis":"-9999999999999999999"}}` + "\n",
		"empty lines":    events + strings.Repeat("\n", 4<<20),
		"not UTF-8":      events + "{\"id\":{\"progress\":{}},\"progress\":{\"stderr\":\"\xff\xfe\"}}\n",
		"not one object": events + "[]\nnull\n1\n\"x\"\n{}\n",
	} {
		list = append(list, measure("build events", name, "200m-1/bep.json", text))
	}
	return list
}

// lines have no end.
func lines() (list []Input) {
	const long = 48 << 20
	for name, in := range map[string][2]string{
		"a name in a profile":  {"profile", traceHead + `{"name":"` + strings.Repeat("a", long)},
		"a line of a console":  {"console", "INFO: Analyzed\nERROR: " + strings.Repeat("b", long)},
		"a message of a build": {"bep.json", `{"id":{"started":{}},"started":{"uuid":"a"}}` + "\n" + `{"id":{"progress":{}},"progress":{"stderr":"` + strings.Repeat("b", long)},
		"empty lines":          {"console", "INFO: Analyzed\n" + strings.Repeat("\n", long)},
		"returns":              {"console", "INFO: Analyzed\n" + strings.Repeat("\r", long)},
		"escapes":              {"console", "INFO: Analyzed\n" + strings.Repeat("\x1b[", long/2)},
		"tracebacks":           {"console", outOfMemory + strings.Repeat("Traceback (most recent call last):\n\tFile \"/x.bzl\", line 1, column 1, in f\n\t\tg()\nError in g: x\n", 200_000)},
		"frames":               {"console", outOfMemory + strings.Repeat("\tat a.b.C.d(E.java:1)\n", 2_000_000)},
		"crashes":              {"console", strings.Repeat(outOfMemory, 100_000)},
	} {
		made := measure("line", name, "200m-1/"+in[0], in[1])
		made.Unpacked = 2 * int64(len(in[1]))
		list = append(list, made)
	}
	return list
}

// bombs are small and become large.
func bombs() (list []Input) {
	const unit, members = 32 << 20, 24 // 768 MiB
	bomb := func(name, file, head, filling string, args ...string) {
		if len(args) == 0 {
			args = []string{"report", "--workspace", ".", "m"}
		}
		list = append(list, Input{Kind: "compressed", Name: name, Args: args, Unpacked: unit * members, Make: func(dir string) error {
			member := packed(strings.Repeat(filling, unit/len(filling)))
			if err := put(dir, file, packed(head)); err != nil {
				return err
			}
			f, err := os.OpenFile(filepath.Join(dir, file), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.Write(bytes.Repeat(member, members))
			return err
		}})
	}
	bomb("zeros in a profile", "m/200m-1/profile.gz", traceHead, "\x00")
	bomb("blanks in a profile", "m/200m-1/profile.gz", traceHead, " ")
	bomb("a name in a profile", "m/200m-1/profile.gz", traceHead+`{"name":"`, "a")
	bomb("a line of a console", "m/200m-1/console.log.gz", "INFO: Analyzed\nFATAL: bazel ran out of memory\n", "x")
	bomb("empty lines of a console", "m/200m-1/console.log.gz", "INFO: Analyzed\n", "\n")
	bomb("zeros", "m/200m-1/zeros.gz", "", "\x00")
	bomb("sample types of a pprof file", "m/200m-1/memory.pprof", "\x0a\x04\x08\x01\x10\x02", "\x0a\x04\x08\x01\x10\x02")
	bomb("zeros in a heap dump", "m/200m-1/java_pid1.hprof", "JAVA PROFILE 1.0.2\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00", "\x00", "heap", "m/200m-1/java_pid1.hprof")
	return list
}

func packed(text string) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	_, _ = z.Write([]byte(text)) // a Buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

func quoted(text string) string {
	q, _ := json.Marshal(text) // a string is never refused
	return string(q)
}
