// SPDX-License-Identifier: Apache-2.0

//go:build unix

package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Evil is a text that does something wherever it is obeyed: it names a terminal,
// colours it, turns letters round, begins a line, a heading, a link, a picture,
// a cell, a quickfix entry.
const Evil = "\x1b]0;PWN\x07\x1b[31m\u202egnp\u202c\u200b\u009b31m<img src=x onerror=alert(1)><script>alert(1)</script>" +
	"[click](command:workbench.action.terminal.new) ![i](http://127.0.0.1/x.png) `x` | **b** \r\nFAKE:1:1: line\n# Forged\n"

// records are measurement.json files that say what cannot be.
func records() (list []Input) {
	add := func(name, record string, args ...string) {
		if len(args) == 0 {
			args = []string{"report", "--workspace", ".", "m"}
		}
		list = append(list, Input{Kind: "record", Name: name, Args: args, Make: files(map[string]string{
			"m/200m-1/measurement.json": record, "m/200m-1/console": outOfMemory})})
	}
	evil := fmt.Sprintf(`{"schema":1,"status":%[1]s,"run":%[1]s,"mode":%[1]s,"first_error":%[1]s,"invocation_id":%[1]s,"workspace":%[1]s,"output_base":"/proc/self",`+
		`"command":["bazel","build",%[1]s],"bazel_version":%[1]s,"heap_dumps":["/dev/zero","/proc/self/mem","/etc/shadow"],"memory_limit_bytes":-5,"exit_code":99999,"server_pid":-1}`, quoted(Evil))
	for name, args := range map[string][]string{
		"text": {"report", "m"}, "Markdown": {"report", "--format", "markdown", "m"}, "JSON": {"report", "--format", "json", "m"},
		"quickfix": {"crash", "m"}, "table": {"stats", "--format", "table", "m"}, "CSV": {"stats", "m"}, "numbers": {"stats", "--format", "json", "m"},
		"comparison": {"compare", "m", "m"}, "comparison in Markdown": {"compare", "--format", "markdown", "m", "m"},
	} {
		add("markup in "+name, evil, args...)
	}
	for name, text := range map[string]string{
		"not JSON": "{", "empty": "", "a list": "[]", "null": "null", "nested": strings.Repeat(`{"a":`, 100_000),
		"large": `{"first_error":"` + strings.Repeat("x", 4<<20) + `"}`, "wrong types": `{"schema":"1","memory_limit_bytes":"x","exit_code":{},"command":"x"}`,
		"of the future": `{"schema":99,"status":"ok"}`, "years": `{"schema":1,"start":"99999-01-01T00:00:00Z","end":"0000-01-01T00:00:00Z"}`,
		"an output base of the kernel's": `{"schema":1,"output_base":"/proc/self/root","server_pid":1}`,
		"dumps that are none":            `{"schema":1,"heap_dumps":["/dev/zero","/proc/kmsg","` + strings.Repeat("/x", 5000) + `"]}`,
	} {
		add(name, text)
	}
	return list
}

// texts carry markup in each name of each format.
func texts() (list []Input) {
	var events []string
	for i := range 3 {
		name := quoted(fmt.Sprint(Evil, i))
		events = append(events, fmt.Sprintf(`{"cat":"Starlark user function call","name":%s,"ph":"X","ts":%d,"dur":900000,"pid":1,"tid":1}`, name, i*1_000_000),
			fmt.Sprintf(`{"cat":"gc notification","name":%s,"ph":"X","ts":%d,"dur":300000,"pid":1,"tid":0}`, name, i*1_000_000+500),
			fmt.Sprintf(`{"cat":"action processing","name":%s,"ph":"X","ts":1,"dur":5000000,"pid":1,"tid":1,"args":{"target":%[1]s,"mnemonic":%[1]s}}`, name))
	}
	events = append(events, fmt.Sprintf(`{"name":"thread_name","ph":"M","pid":1,"tid":1,"args":{"name":%s}}`, quoted(Evil)))
	flat := strings.ReplaceAll(Evil, "\n", " ")
	contents := map[string]string{
		"m/200m-1/profile": traceHead + strings.Join(events, ",\n") + traceTail,
		"m/200m-1/console": "INFO: x\nFATAL: bazel ran out of memory and crashed. " + flat + "\njava.lang.OutOfMemoryError: Java heap space " + flat + "\n\tat a.b.C(D.java:1)\n" +
			"ERROR: /srv/BUILD:1:1: in " + flat + " rule //a:b[c](command:foo)<b>: \nTraceback (most recent call last):\n\tFile \"/srv/x<b>[a](command:x).bzl\", line 3, column 5, in f[l](command:y)<img src=x>`q`\n\t\tfoo()\nError in foo: " + flat + "\n",
		"m/200m-1/heap.json": fmt.Sprintf(`{"schema":1,"threads":[{"name":%[1]s,"failed":true,"frames":[{"function":%[1]s,"file":"/srv/x.bzl","line":1,"locals":[{"name":%[1]s,"type":%[1]s,"preview":%[1]s}]}]}],"owners":{}}`, quoted(Evil)),
		"m/200m-1/bep.json":  fmt.Sprintf(`{"id":{"started":{}},"started":{"uuid":%[1]s,"command":%[1]s,"workspaceDirectory":%[1]s,"buildToolVersion":%[1]s}}`+"\n"+`{"id":{"progress":{}},"progress":{"stderr":%[1]s}}`+"\n", quoted(Evil)),
	}
	for name, args := range map[string][]string{
		"report": {"report", "m"}, "report in Markdown": {"report", "--format", "markdown", "m"}, "report in JSON": {"report", "--format", "json", "m"},
		"crash": {"crash", "m"}, "active": {"active", "m/200m-1/profile"}, "active's histogram": {"active", "--show", "histogram", "m/200m-1/profile"},
		"stats": {"stats", "--format", "table", "m"}, "compare": {"compare", "m", "m"}, "plot": {"plot", "--show", "suspects", "--out", "x.svg", "m"},
	} {
		list = append(list, Input{Kind: "text", Name: name, Args: args, Make: files(contents)})
	}
	return list
}

// fileNames are names that a file system takes.
func fileNames() (list []Input) {
	source := "def f():\n    pass\ndef g(ctx):\n    pass\nr = rule(implementation = g, doc = \"x\x1b[31m\")\n"
	for name, file := range map[string]string{
		"a new line": "a\nFAKE:1:1: x.bzl", "an escape": "b\x1b[31mRED.bzl", "a link": "c[x](command:y).bzl",
		"letters turned round": "d\u202egnp.bzl", "no UTF-8": "e\xff.bzl", "a control of eight bits": "f\u009b31m.bzl",
		"a return": "g\r.bzl", "much": strings.Repeat("h", 251) + ".bzl", "a folder with a new line": "i\nFAKE:2:2: y/x.bzl", "a line separator": "j\u2028FAKE.bzl",
	} {
		for _, args := range [][]string{{"index", "."}, {"index", "--format", "json", "."}, {"doctor", "--workspace", "."}} {
			list = append(list, Input{Kind: "file name", Name: name + " in " + strings.Join(args, " "), Args: args,
				Make: files(map[string]string{"WORKSPACE": "", file: source, strings.TrimSuffix(file, ".bzl") + "/BUILD": "(((\x1b[31m"})})
		}
	}
	for _, format := range []string{"text", "markdown", "json"} {
		list = append(list, Input{Kind: "file name", Name: "a measurement's in " + format, Args: []string{"report", "--workspace", ".", "--format", format, "m"},
			Make: files(map[string]string{"m/a\nFAKE:1:1: \x1b[31m# H\u202e/console": outOfMemory})})
	}
	return list
}

// folders have no end, or lead out of themselves.
func folders() (list []Input) {
	link := func(target, at string) func(string) error {
		return func(dir string) error {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, at)), 0o700); err != nil {
				return err
			}
			return os.Symlink(target, filepath.Join(dir, at))
		}
	}
	workspace := files(map[string]string{"WORKSPACE": "", "a/x.bzl": "def f():\n    pass\n"})
	for name, make := range map[string]func(string) error{
		"a link to the root":        link("/", "a/root"),
		"a link to the kernel":      link("/proc", "a/proc"),
		"a link to a process":       link("/proc/self", "a/self"),
		"a link to the devices":     link("/dev", "a/dev"),
		"a link to itself":          link("x", "x"),
		"a link to where it is":     link(".", "a/here"),
		"a link to above":           link("..", "a/up"),
		"a link far above":          link("../../../../../../..", "a/up"),
		"400 folders in each other": files(map[string]string{strings.Repeat("d/", 400) + "x.bzl": "def f():\n    pass\n"}),
	} {
		list = append(list, Input{Kind: "folder", Name: name, Args: []string{"index", "."}, Make: both(workspace, make)},
			Input{Kind: "folder", Name: name + ", as a measurement", Args: []string{"report", "--workspace", ".", "a"}, Make: both(workspace, make)})
	}
	return list
}

// tables are CSV files.
func tables() (list []Input) {
	for name, text := range map[string]string{
		"a long line": "100m, 1, 2, 3, ok\n" + strings.Repeat("1", 8<<20), "many lines": strings.Repeat("100m, 1, 2, 3, ok\n", 200_000),
		"numbers that cannot be": "100m, 1, 2, 1e308, ok\n200m, 1, 2, NaN, ok\n99999999999999t, 1, 2, 3, crash\n",
		"less than nothing":      "100m, 1, -2, -3, ok\n200m, 2, 9223372036854775807, -1e308, crash\n",
		"markup":                 "100m, " + strings.ReplaceAll(strings.ReplaceAll(Evil, "\n", " "), ",", " ") + ", 2, 3, ok\n",
		"one line":               "100m, 1, 2, 3, ok\n",
	} {
		list = append(list, Input{Kind: "table", Name: name, Args: []string{"plot", "--out", "x.svg", "x.csv"}, Make: files(map[string]string{"x.csv": text})})
	}
	return list
}
