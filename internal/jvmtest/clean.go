// SPDX-License-Identifier: Apache-2.0

// Package jvmtest runs small Java programs on every JVM that is at hand.
package jvmtest

import (
	"os"
	"sync/atomic"
)

// Clean removes what was compiled, for a package with a main of its own.
func Clean() {
	if dir := compiled.Load(); dir != nil {
		os.RemoveAll(*dir)
	}
}

// compiled is the folder of the classes, nil as long as there is none.
var compiled atomic.Pointer[string]
