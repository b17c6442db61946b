// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"os/signal"
)

// handOn keeps an interrupt from ending us: the console sends it to the
// command as well, whose end is ours.
func handOn(*exec.Cmd) (stop func()) {
	got := make(chan os.Signal, 8)
	signal.Notify(got, os.Interrupt)
	return func() { signal.Stop(got) }
}
