// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"os"
	"runtime/debug"
	"sync"
)

// gcPercent keeps the memory near what is in use while a dump is read: its tables
// live long, and collecting more often costs a few per cent of the time.
const gcPercent = 15

// The percentage is the process's, and so is how many are reading.
var thrift struct {
	sync.Mutex
	readers, before int
}

// collectOften collects garbage more often until done is called, by whoever reads
// last. What the user has set in the environment stands.
func collectOften() (done func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	thrift.Lock()
	defer thrift.Unlock()
	if thrift.readers++; thrift.readers == 1 {
		thrift.before = debug.SetGCPercent(gcPercent)
	}
	return func() {
		thrift.Lock()
		defer thrift.Unlock()
		if thrift.readers--; thrift.readers == 0 {
			debug.SetGCPercent(thrift.before)
		}
	}
}
