// SPDX-License-Identifier: Apache-2.0

package bep

import (
	"strings"

	"example.invalid/starlark-memls/internal/bazel/jvm"
)

// options reads from the startup options what other facts hang on. None is kept:
// they may carry the environment and credentials.
func (b *Build) options(e *event) {
	o := e.OptionsParsed
	if o == nil {
		return
	}
	var flags []string
	for _, option := range o.StartupOptions {
		if base, ok := strings.CutPrefix(option, "--output_base="); ok {
			b.OutputBase = base
		}
		if flag, ok := strings.CutPrefix(option, "--host_jvm_args="); ok {
			flags = append(flags, flag)
		}
	}
	b.MaxHeapBytes = jvm.MaxHeap(flags)
}
