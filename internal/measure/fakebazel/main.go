// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command fakebazel stands in for Bazel where a test needs hundreds of builds:
// it has the real one's files (server pid, start time and command line,
// command log, profile, heap dump), its daemon in a session of its own, its
// flags as a protocol buffer, its answer to an interrupt, and its exit codes.
// What a test proves with it about Bazel itself is proved again, with fewer
// builds, on the real one.
//
// It is called through a link, and a file "behaviour" beside the link, one
// NAME=VALUE a line, tells how it behaves. A file and no environment, since
// tests run in parallel; a link and no script, since a program that was just
// written cannot be run while any child that was forked meanwhile still has it
// open ("text file busy").
//
//	need     bytes of -Xmx below which a build runs out of memory
//	millis   how long a build takes (default 20)
//	hold     the number of the build, from 1, from which on each lasts until
//	         a file "released" lies beside the link
//	outcome  fail (exit 1), hang (after a heap dump), thrash (never ends),
//	         deaf (never ends, whatever it is asked), nostart (the server
//	         does not start)
//
// Each build leaves a file "build-NUMBER" beside the link once it listens for
// an interrupt.
package main

import (
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"google.golang.org/protobuf/encoding/protowire"

	"example.invalid/starlark-memls/internal/bazel/jvm"
)

func main() {
	c := parse(os.Args[1:])
	switch c.command {
	case "--version":
		fmt.Println("bazel no_version")
	case "--server":
		select {} // until it is killed
	case "help":
		fmt.Println(base64.StdEncoding.EncodeToString(flags()))
	case "build":
		os.Exit(c.build())
	default:
		os.Exit(2)
	}
}

// A commandLine is one command line.
type commandLine struct {
	outputBase string
	limit      int64
	startup    []string
	command    string
	flags      map[string]string
}

func parse(args []string) commandLine {
	c := commandLine{flags: map[string]string{}}
	for i, arg := range args {
		if arg == "--version" || arg == "--server" || !strings.HasPrefix(arg, "-") {
			c.command = arg
			for _, arg := range args[i+1:] {
				name, value, _ := strings.Cut(arg, "=")
				c.flags[name] = value
			}
			break
		}
		c.startup = append(c.startup, arg)
		if value, ok := strings.CutPrefix(arg, "--output_base="); ok {
			c.outputBase = value
		}
		if value, ok := strings.CutPrefix(arg, "--host_jvm_args=-Xmx"); ok {
			c.limit, _ = jvm.ParseSize(value)
		}
	}
	return c
}

// flags is a bazel_flags.FlagCollection with what Bazel 4.2.3 has of the
// flags that are probed for.
func flags() []byte {
	var all []byte
	for _, name := range []string{"experimental_generate_json_trace_profile", "profile", "slim_profile",
		"build_event_json_file", "starlark_cpu_profile", "experimental_convenience_symlinks"} {
		var info []byte
		info = protowire.AppendString(protowire.AppendTag(info, 1, protowire.BytesType), name)
		info = protowire.AppendString(protowire.AppendTag(info, 4, protowire.BytesType), "build")
		all = protowire.AppendBytes(protowire.AppendTag(all, 1, protowire.BytesType), info)
	}
	return all
}

func (c commandLine) path(name string) string {
	return filepath.Join(c.outputBase, filepath.FromSlash(name))
}

func (c commandLine) write(name, text string) {
	must(os.MkdirAll(filepath.Dir(c.path(name)), 0o755))
	must(os.WriteFile(c.path(name), []byte(text), 0o644))
}

// build is one build: 0, 1 (outcome=fail), 8 (interrupted) or 33.
func (c commandLine) build() int {
	b := readBehaviour()
	if b.outcome == "nostart" {
		fmt.Fprint(os.Stderr, "\nServer crashed during startup. Now printing "+c.path("server/jvm.out")+
			"\nError occurred during initialization of VM\nToo small maximum heap\n")
		return 37
	}
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	workspace, err := os.Getwd()
	must(err)
	c.write("DO_NOT_BUILD_HERE", workspace)
	if c.staleServer() {
		fmt.Fprintln(os.Stderr, "FATAL: Attempted to kill stale server process using SIGKILL, but it did not die in a timely fashion.")
		return 36
	}
	server := c.startServer()
	c.writeProfile()
	if c.flags["--experimental_convenience_symlinks"] != "ignore" && c.flags["--symlink_prefix"] != "/" {
		os.Remove("bazel-out")
		must(os.Symlink(c.path("execroot"), "bazel-out"))
	}

	if b.outcome == "hang" {
		c.dumpHeap(server)
	}
	if b.outcome == "deaf" {
		signal.Ignore(os.Interrupt)
	}
	if !b.last(b.count(), interrupt) {
		c.say("ERROR: build interrupted\nFAILED: Build did NOT complete successfully\n")
		return 8
	}
	switch {
	case c.limit < b.need:
		c.dumpHeap(server)
		c.say("FATAL: bazel ran out of memory and crashed. Printing stack trace:\n" +
			"java.lang.OutOfMemoryError: Java heap space\n\tat net.starlark.java.eval.Eval.exec(Eval.java:261)\n")
		must(server.Kill())
		return 33
	case b.outcome == "fail":
		c.say("ERROR: no such package 'nowhere': BUILD file not found\nFAILED: Build did NOT complete successfully\n")
		return 1
	}
	c.say("INFO: Elapsed time: 0.100s\nINFO: Build completed successfully, 1 total action\n")
	return 0
}

// say prints to the console and the command log.
func (c commandLine) say(text string) {
	fmt.Fprint(os.Stderr, text)
	c.write("command.log", text)
}

// staleServer reports whether the process that the pid file names is there; a
// zombie is, as it is for Bazel's client (VerifyServerProcess in
// src/main/cpp/blaze_util_linux.cc).
func (c commandLine) staleServer() bool {
	pid, err := os.ReadFile(c.path("server/server.pid.txt"))
	if err != nil {
		return false
	}
	_, err = os.Stat("/proc/" + string(pid))
	return err == nil
}

// startServer starts the daemon as Bazel's client does: in a session of its
// own, with its files in the server folder.
func (c commandLine) startServer() *os.Process {
	self, err := os.Executable()
	must(err)
	cmd := exec.Command(self, "--output_base="+c.outputBase, "--server")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	must(cmd.Start())
	pid := strconv.Itoa(cmd.Process.Pid)
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	must(err)
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	c.write("server/server.pid.txt", pid)
	c.write("server/server.starttime", fields[19])
	c.write("server/cmdline", "bazel(fake)\x00"+fmt.Sprintf("-Xmx%d", c.limit)+"\x00-jar\x00A-server.jar\x00--output_base="+c.outputBase+"\x00")
	c.write("server/jvm.out", "")
	return cmd.Process
}

// writeProfile writes a trace of one call and two collections, where asked.
func (c commandLine) writeProfile() {
	path := c.flags["--profile"]
	if path == "" {
		return
	}
	file, err := os.Create(path)
	must(err)
	z := gzip.NewWriter(file)
	fmt.Fprint(z, `{"otherData":{"build_id":"00000000-0000-0000-0000-000000000000"},"traceEvents":[
    {"name":"thread_name","ph":"M","pid":1,"tid":30,"args":{"name":"skyframe-evaluator 0"}},
    {"cat":"gc notification","name":"minor GC","ph":"X","ts":100,"dur":1000,"pid":1,"tid":12},
    {"cat":"Starlark user function call","name":"eat_impl","ph":"X","ts":50,"dur":90000,"pid":1,"tid":30},
    {"cat":"gc notification","name":"major GC","ph":"X","ts":5000,"dur":3000,"pid":1,"tid":12},
    {"cat":"general information","name":"Finishing","ph":"X","ts":95000,"dur":10,"pid":1,"tid":1}
  ]
}
`)
	must(z.Close())
	must(file.Close())
}

// dumpHeap leaves what the JVM does at its first heap exhaustion, if told to.
func (c commandLine) dumpHeap(server *os.Process) {
	for _, arg := range c.startup {
		if arg == "--host_jvm_args=-XX:+HeapDumpOnOutOfMemoryError" {
			name := fmt.Sprintf("java_pid%d.hprof", server.Pid)
			c.write(name, "JAVA PROFILE 1.0.2\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00")
			c.write("server/jvm.out", "java.lang.OutOfMemoryError: Java heap space\nDumping heap to "+c.path(name)+
				" ...\nHeap dump file created [31 bytes in 0.001 secs]\n")
		}
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "fakebazel:", err)
		os.Exit(2)
	}
}
