// SPDX-License-Identifier: Apache-2.0

// Package jvm reads the flags of the Java machine that runs Bazel's server.
package jvm

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxHeap is the maximum heap that JVM flags ask for: the last of -Xmx
// and -XX:MaxHeapSize wins, as in the JVM. 0 where there is none.
func MaxHeap(flags []string) int64 {
	var limit int64
	for _, flag := range flags {
		size, ok := strings.CutPrefix(flag, "-Xmx")
		if !ok {
			size, ok = strings.CutPrefix(flag, "-XX:MaxHeapSize=")
		}
		if n, err := ParseSize(size); ok && err == nil {
			limit = n
		}
	}
	return limit
}

// ParseSize reads a size as the JVM does: a decimal number and k, m, g or
// t in either case, in powers of 1024 (hotspot/share/runtime/arguments.cpp,
// parse_integer). The unit is bytes.
func ParseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "kKmMgGtT")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || len(text)-len(digits) > 1 {
		return 0, fmt.Errorf("%q is not a memory size (such as 600m or 2g)", text)
	}
	shift := 0
	if len(text) > len(digits) {
		shift = map[byte]int{'k': 10, 'm': 20, 'g': 30, 't': 40}[text[len(text)-1]|0x20]
	}
	if n > (1<<62)>>shift {
		return 0, fmt.Errorf("%q is more memory than there is", text)
	}
	return n << shift, nil
}
