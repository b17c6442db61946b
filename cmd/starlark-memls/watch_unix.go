// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// handOn passes signals to the command, and keeps them from ending us: its end
// is ours. What the terminal sends it sends to the command as well, which is in
// our group; Bazel's client takes a third interrupt for an order to kill its
// server, so that none is sent twice.
func handOn(cmd *exec.Cmd) (stop func()) {
	got := make(chan os.Signal, 8)
	signal.Notify(got, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case s := <-got:
				fromTerminal := (s == syscall.SIGINT || s == syscall.SIGQUIT) && foreground()
				if cmd.Process != nil && !fromTerminal {
					_ = cmd.Process.Signal(s)
				}
			}
		}
	}()
	return func() {
		signal.Stop(got)
		close(done)
	}
}

// foreground reports whether our process group is the terminal's.
func foreground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
