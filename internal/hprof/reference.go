// SPDX-License-Identifier: Apache-2.0

package hprof

// A refClass is what kind of java.lang.ref.Reference a class is.
type refClass uint8

const (
	notReference refClass = iota
	softReference
	finalReference
	weakReference
	phantomReference
)

func specialOf(c *Class) refClass {
	for depth := 0; c != nil && depth < maxClassDepth; c, depth = c.Super, depth+1 {
		switch c.Name {
		case "java.lang.ref.SoftReference":
			return softReference
		case "java.lang.ref.FinalReference":
			return finalReference
		case "java.lang.ref.WeakReference":
			return weakReference
		case "java.lang.ref.PhantomReference":
			return phantomReference
		}
	}
	return notReference
}

// A Strength is how firmly an object is held, strongest first.
type Strength uint8

// The strengths (java.lang.ref's package documentation), with the finalizer's
// queue between soft and weak: such an object lives until its finalizer ran.
const (
	Unreachable Strength = iota
	Strong
	Soft
	Finalizer
	Weak
	Phantom
)

// Live reports whether a full collection leaves the object in the heap (as
// long as memory lasts, for soft references).
func (s Strength) Live() bool { return s == Strong || s == Soft || s == Finalizer }

// String is the strength in a word.
func (s Strength) String() string {
	return [...]string{"unreachable", "strong", "soft", "finalizer", "weak", "phantom"}[min(s, Phantom)]
}

func (r refClass) strength() Strength {
	return [...]Strength{Strong, Soft, Finalizer, Weak, Phantom}[r]
}
