// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// systems are the forms that build systems, schedulers, loggers and terminals
// give a console on its way to a file.
var systems = map[string]func([]byte) []byte{
	"azure pipelines": func(b []byte) []byte {
		b = perLine(func(_ int, l string) string {
			if strings.HasPrefix(l, "FATAL: ") || strings.HasPrefix(l, "ERROR: ") {
				return "##[error]" + l
			}
			return l
		})(b)
		return stamped("2026-01-01T00:%02d:%02d.1234567Z ")(append([]byte("##[section]Starting: bazel\n"), b...))
	},
	"circleci, raw output": func(b []byte) []byte {
		text, _ := json.Marshal([]map[string]string{{"type": "out", "time": "2026-01-01T00:00:00Z", "message": strings.ReplaceAll(string(b), "\n", "\r\n")}})
		return text
	},
	"travis": func(b []byte) []byte {
		return append([]byte("travis_fold:start:build\r\x1b[0Ktravis_time:start:0a1b2c3d\r\x1b[0K$ bazel build //...\n"), b...)
	},
	"gitlab, sections": func(b []byte) []byte {
		return append([]byte("section_start:1700000000:step_script\r\x1b[0K\x1b[0KExecuting\n"), b...)
	},
	"tekton":            perLine(func(_ int, l string) string { return "[build : bazel] " + l }),
	"argo":              perLine(func(_ int, l string) string { return "ci-build-x7k2p-1234567890: " + l }),
	"kubectl, stamped":  stamped("[pod/ci-7f9c8d-x2k/build] 2026-01-01T00:%02d:%02d.123456789Z "),
	"compose, stamped":  stamped("build-1  | 2026-01-01T00:%02d:%02d.123456789Z "),
	"ts":                stamped("Dec 01 10:%02d:%02d "),
	"ts -s %.s":         stamped("17645%02d%02d.123456 "),
	"journal, iso":      stamped("2026-12-01T10:%02d:%02d+0000 host bazel[17]: "),
	"journal, monotone": stamped("[ 12%02d%02d.678901] host bazel[17]: "),
	"journal, json": perLine(func(n int, l string) string {
		return fmt.Sprintf(`{"__CURSOR":"s=0","PRIORITY":"6","__REALTIME_TIMESTAMP":"17645900000%05d","MESSAGE":%s,"_PID":"17"}`, n, jsonString(l))
	}),
	"journal, json of bytes": perLine(func(_ int, l string) string {
		numbers := make([]int, len(l))
		for i := range len(l) {
			numbers[i] = int(l[i])
		}
		text, _ := json.Marshal(map[string]any{"PRIORITY": "6", "MESSAGE": numbers})
		return string(text)
	}),
	"klog":              stamped("I1201 10:%02d:%02d.123456      17 runner.go:42] "),
	"zuul":              stamped("2026-12-01 10:%02d:%02d.123456 | ubuntu-noble | "),
	"gocd":              stamped("pr|10:%02d:%02d.789 "),
	"appveyor":          stamped("[00:%02d:%02d] "),
	"woodpecker":        perLine(func(n int, l string) string { return fmt.Sprintf("[build:L%d:%ds] %s", n, n/7, l) }),
	"jenkins, parallel": stamped("[2026-01-01T00:%02d:%02d.123Z] [linux, gcc] "),
	"ant":               perLine(func(_ int, l string) string { return "     [exec] " + l }),
	"parallel --tag":    perLine(func(_ int, l string) string { return "//app/...\t" + l }),
	"pytest":            perLine(func(_ int, l string) string { return "E       " + l }),
	"TAP":               perLine(func(_ int, l string) string { return "# " + l }),
	"nix":               perLine(func(_ int, l string) string { return "       > " + l }),
	"earthly":           perLine(func(_ int, l string) string { return "               +build | " + l }),
	"dagger":            perLine(func(n int, l string) string { return fmt.Sprintf("%-4d: [%d.%ds] | %s", 12, n/10, n%10, l) }),
	"box":               perLine(func(_ int, l string) string { return "│ " + l }),
	"python logging":    stamped("2026-12-01 10:%02d:%02d,123 - ci.runner - INFO - "),
	"epoch in millis":   perLine(func(n int, l string) string { return fmt.Sprintf("17645900%05d\t%s", n, l) }),
	"mail, twice":       perLine(func(_ int, l string) string { return "> > " + l }),
	"diff":              perLine(func(_ int, l string) string { return "+" + l }),
	"yaml block":        perLine(func(_ int, l string) string { return "        " + l }),
	"zap": perLine(func(n int, l string) string {
		return fmt.Sprintf(`{"level":"info","ts":17645900%02d.1234,"msg":%s}`, n%100, jsonString(l))
	}),
	"logstash": perLine(func(n int, l string) string {
		return fmt.Sprintf(`{"@timestamp":"2026-01-01T00:00:%02d.123Z","host":{"name":"ci"},"message":%s}`, n%60, jsonString(l))
	}),
	"payload": perLine(func(_ int, l string) string {
		return `{"insertId":"x","jsonPayload":{"message":` + jsonString(l) + `},"severity":"INFO"}`
	}),
	"logging read, json": func(b []byte) []byte {
		var list []map[string]any
		for l := range strings.Lines(string(b)) {
			list = append(list, map[string]any{"insertId": "x", "resource": map[string]string{"type": "build"}, "textPayload": strings.TrimSuffix(l, "\n")})
		}
		text, _ := json.MarshalIndent(list, "", "  ")
		return text
	},
	"cloudwatch events": func(b []byte) []byte {
		var list []map[string]any
		for l := range strings.Lines(string(b)) {
			list = append(list, map[string]any{"ingestionTime": 1764590000123, "message": strings.TrimSuffix(l, "\n"), "timestamp": 1764590000123})
		}
		text, _ := json.MarshalIndent(map[string]any{"events": list}, "", "    ")
		return text
	},
	"drone, api": func(b []byte) []byte {
		var list []map[string]any
		for l := range strings.Lines(string(b)) {
			list = append(list, map[string]any{"pos": len(list), "out": l, "time": 3})
		}
		text, _ := json.Marshal(list)
		return text
	},
	"logfmt": perLine(func(n int, l string) string {
		return fmt.Sprintf(`time="2026-01-01T00:00:%02dZ" level=info msg=%s`, n%60, strconv.Quote(l))
	}),
	"loki": perLine(func(n int, l string) string {
		return fmt.Sprintf(`2026-01-01T00:00:%02dZ {job="ci", pod="x-1"} %s`, n%60, l)
	}),
	"ansible": func(b []byte) []byte {
		text, _ := json.Marshal(map[string]any{"changed": true, "rc": 33, "stderr": string(b), "stdout": ""})
		return append([]byte("TASK [build] ****\nfatal: [ci-1]: FAILED! => "), append(text, '\n')...)
	},
	"ansible, lines": func(b []byte) []byte {
		text, _ := json.MarshalIndent(map[string]any{"rc": 33, "stderr_lines": strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")}, "", "    ")
		return append([]byte("TASK [build] ****\nfatal: [ci-1]: FAILED! => "), append(text, '\n')...)
	},
	"csv": perLine(func(n int, l string) string {
		return fmt.Sprintf(`"2026-01-01T00:00:%02dZ","%s"`, n%60, strings.ReplaceAll(l, `"`, `""`))
	}),
	"html, breaks": func(b []byte) []byte {
		return []byte("<html><body><pre>" + strings.ReplaceAll(html.EscapeString(string(b)), "\n", "<br>") + "</pre></body></html>\n")
	},
	"script": func(b []byte) []byte {
		b = bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
		return append([]byte("Script started on 2026-12-01 10:11:12+00:00 [TERM=\"xterm\" TTY=\"/dev/pts/0\" COLUMNS=\"120\" LINES=\"40\"]\r\n$ bazel bi\b\x1b[Kuild //...\r\n"), b...)
	},
	"cursor moves":   perLine(func(_ int, l string) string { return "\x1b[2K\x1b[1G\x1b[?25l" + l + "\x1b[?25h" }),
	"alternate font": perLine(func(_ int, l string) string { return "\x1b(0\x1b(B\x1b[0;1;31m" + l + "\x1b[m\x0f" }),
	"prefixed, crlf": func(b []byte) []byte {
		return bytes.ReplaceAll(stamped("10:%02d:%02d ci-3 | ")(b), []byte("\n"), []byte("\r\n"))
	},
	"prefixed, utf-16": func(b []byte) []byte {
		return toUTF16(perLine(func(_ int, l string) string { return "[build] " + l })(b), binary.LittleEndian, true)
	},
	"three in a row": stamped("2026-01-01T00:%02d:%02d.1Z [pod/x-1/build] app_1 | "),
}

// TestSystems: a console is the same in whatever form it comes.
func TestSystems(t *testing.T) {
	t.Parallel()
	for _, path := range shapes(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, text := parseShape(t, path)
			if bytes.ContainsAny(text, "\r\x1b") || witnesses(string(text)) < 2 || !bytes.HasSuffix(text, []byte("\n")) {
				return // several states in a line; no second line of Bazel's
			}
			want := mustRead(t, text)
			for label, form := range systems {
				if label == "html, breaks" && strings.HasPrefix(name, "crash-cut") {
					continue // the page goes on behind it
				}
				got := mustRead(t, form(text))
				opts := append(ignored(), cmpopts.IgnoreFields(PrintedCrash{}, "ServerLog", "Line"), cmpopts.IgnoreFields(Log{}, "Lines"),
					cmpopts.IgnoreFields(Foreign{}, "Line"))
				if diff := cmp.Diff(want, got, opts...); diff != "" {
					t.Errorf("%s: log differs (-want +got):\n%s", label, diff)
				}
			}
		})
	}
}
