// SPDX-License-Identifier: Apache-2.0

// Package observe condenses what one build left behind to an [Observation]:
// per function name, and per file and line where the source tells, what was
// seen of it. It reads each part of a measurement streaming and knows no
// sources, so an observation is never made again because a file was edited.
//
// The trace is most of it: a stream of calls, collections and phases becomes
// one [Activity] a function, and one [Ending] a thread that was at work when
// the build ended. What stands in crashes, dumps, samples and build events is
// taken over as it is.
package observe
