// SPDX-License-Identifier: Apache-2.0

package console

import "strings"

const (
	outOfMemoryClass   = "java.lang.OutOfMemoryError"
	stackOverflowClass = "java.lang.StackOverflowError"
	// evaluatingMark: AbstractParallelEvaluator.java.
	evaluatingMark = "Unrecoverable error while evaluating node '"
	// contextMark: Starlark.java, UncheckedEvalException and -Error.
	contextMark = "thrown during Starlark evaluation ("
)

// classify decides why the server died from the chain of causes and from what
// the line in front said. memory is whether it was for want of memory.
func classify(chain []Throwable, head string) (c Cause, memory bool) {
	memory = strings.Contains(head, oomWords)
	for i := len(chain) - 1; i >= 0; i-- {
		t := chain[i]
		if t.Class == outOfMemoryClass || strings.HasSuffix(t.Class, ".OutOfDirectMemoryError") {
			return outOfMemory(t.Message), true
		}
	}
	for _, t := range chain { // a process or a file that the machine had no room for
		if cause := outOfMemory(t.Message); cause == MachineMemory {
			return cause, true
		}
	}
	for i := len(chain) - 1; i >= 0; i-- {
		t := chain[i]
		switch {
		case t.Class == stackOverflowClass, strings.HasPrefix(t.Message, "StackOverflowError thrown during"):
			return StackOverflow, memory
		case strings.HasPrefix(t.Message, "OutOfMemoryError thrown during"):
			return Unknown, true // the "Caused by:" with the wording was cut off
		}
	}
	if memory {
		return outOfMemory(head), true
	}
	if len(chain) == 0 && head == "" {
		return Unknown, false
	}
	return InternalError, false
}

// outOfMemory tells the kinds of OutOfMemoryError apart by their message: the
// JVM's (Java heap space, …), the JDK's (StringBuilder, Arrays, buffers, files),
// netty's, and those that Bazel's detectors make.
func outOfMemory(message string) Cause {
	for _, w := range [...]struct {
		words string
		cause Cause
	}{
		{"forcing exit", GCThrashing}, // RetainedHeapLimiter, GcThrashingDetector, GcChurningDetector
		{"Java heap space", JavaHeapSpace},
		{"GC overhead limit exceeded", GCOverhead},
		{"Requested array size exceeds VM limit", ArraySize},
		{"Required array length", ArraySize}, // "too large", and with numbers from 17 on
		{"Required array size too large", ArraySize},
		{"Required length exceeds implementation limit", ArraySize},
		{"String length out of range", ArraySize},
		{"String too large", ArraySize},
		{"UTF16 String size is", ArraySize},
		{"Array size exceeds", ArraySize},
		{"Metaspace", Metaspace},
		{"Compressed class space", Metaspace},
		{"PermGen space", Metaspace},
		{"irect buffer memory", DirectMemory},
		{"of direct memory", DirectMemory}, // netty
		{"native thread", NativeMemory},
		{"Cannot create worker GC thread", NativeMemory},
		{"Map failed", NativeMemory},
		{"Out of swap space", MachineMemory},
		{"Cannot allocate memory", MachineMemory}, // ENOMEM, also error=12
		{"error=12", MachineMemory},
		{"errno=12", MachineMemory},
		{"Not enough space", MachineMemory},
		{"Resource temporarily unavailable", NativeMemory}, // EAGAIN of a thread's start
	} {
		if strings.Contains(message, w.words) {
			return w.cause
		}
	}
	return Unknown
}

// grows are methods of the JDK and of libraries that throw an OutOfMemoryError
// without a word where an array would have to be longer than Java has them.
var grows = []string{".hugeCapacity", ".hugeLength", "ArraysSupport.newLength", "newCapacity"}

// byFrames is the cause of an OutOfMemoryError without a message.
func byFrames(java []JavaFrame) Cause {
	for _, f := range java[:min(len(java), 4)] {
		for _, method := range grows {
			if strings.HasSuffix(f.Method, method) {
				return ArraySize
			}
		}
	}
	return Unknown
}

// evaluatedNode is the key in "Unrecoverable error while evaluating node
// '<key>' (requested by nodes '…')".
func evaluatedNode(chain []Throwable) string {
	for _, t := range chain {
		i := strings.Index(t.Message, evaluatingMark)
		if i < 0 {
			continue
		}
		key := t.Message[i+len(evaluatingMark):]
		if end := strings.Index(key, "' (requested by"); end >= 0 {
			return key[:end]
		}
		if end := strings.LastIndexByte(key, '\''); end >= 0 {
			return key[:end]
		}
		return key
	}
	return ""
}

// evaluationContext is what stands in "thrown during Starlark evaluation (…)",
// of the innermost throwable that says it.
func evaluationContext(chain []Throwable) string {
	for i := len(chain) - 1; i >= 0; i-- {
		_, context, found := strings.Cut(chain[i].Message, contextMark)
		if !found {
			continue
		}
		if end := strings.LastIndexByte(context, ')'); end >= 0 {
			return context[:end]
		}
		return context
	}
	return ""
}
