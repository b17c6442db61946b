package bep

import (
	"strings"

	"example.invalid/starlark-memls/internal/bazel/jvm"
)

// options keeps the options, redacted, and reads from them what other facts
// hang on.
func (b *Build) options(e *event) {
	o := e.OptionsParsed
	if o == nil {
		return
	}
	b.StartupOptions, b.ExplicitStartupOptions = redact(o.StartupOptions), redact(o.ExplicitStartupOptions)
	b.Options = redact(o.CmdLine)
	var flags []string
	for _, option := range b.StartupOptions {
		if base, ok := strings.CutPrefix(option, "--output_base="); ok {
			b.OutputBase = base
		}
		if flag, ok := strings.CutPrefix(option, "--host_jvm_args="); ok {
			flags = append(flags, flag)
		}
	}
	b.MaxHeapBytes = jvm.MaxHeap(flags)
}
