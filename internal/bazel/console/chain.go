// SPDX-License-Identifier: Apache-2.0

package console

// A Stack is one throwable with the stack trace elements under it, as strings
// ("pkg.Class.method(File.java:12)", "<starlark>.f(/p/x.bzl:12)").
type Stack struct {
	Throwable
	Elements []string
}

// CrashOf makes of a chain of causes, outermost first, what Read makes of the
// same chain printed: cause, message, context, target, aspect and frames. A
// failure detail holds such a chain. Elements that are no frames are left out.
func CrashOf(chain []Stack) PrintedCrash {
	s := newStack()
	for _, c := range chain[:min(len(chain), maxThrowables)] {
		s.chain = append(s.chain, &link{Throwable: c.Throwable})
		for _, e := range c.Elements {
			if f, j, starlark, ok := ParseFrame(e); ok {
				s.add(f, j, starlark)
			}
		}
	}
	pr := printing{kind: bare, stack: s}
	return pr.result()
}
