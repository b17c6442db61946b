// SPDX-License-Identifier: Apache-2.0

package weights

// A Worth is how often the first suspect was the right one, in percent, with
// the 95 % interval and the number of scenarios: those field scenarios that no
// weight was chosen on (docs/accuracy.md, which a test holds these to).
type Worth struct{ Right, Low, High, Scenarios int }

// What there was to go by, without a heap dump and without a Starlark stack,
// which the Bazel that the scenarios were built with does not print.
var (
	OneClosed    = Worth{64, 37, 85, 12} // one crash, whose profile is whole
	OneCut       = Worth{38, 13, 72, 7}  // the profile's last events are missing
	OneLost      = Worth{10, 1, 54, 5}   // no Starlark call is left of it
	ThreeCrashes = Worth{67, 36, 88, 9}
)

// RightRather is whether a first suspect is more likely right than not.
func (w *Worth) RightRather() bool { return w.Right > 50 }
