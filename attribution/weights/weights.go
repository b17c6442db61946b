// SPDX-License-Identifier: Apache-2.0

// Package weights holds the weights and thresholds of the score and the
// verdicts, in one table, with what each was set by. "corpus": varied, and judged
// by the hit rate and by the false "sure" on the recorded scenarios
// (docs/accuracy.md). "chosen": by judgement; the corpus holds them as a whole,
// none by itself. What each source sees, and why it weighs as it does, stands
// beside the code that weighs it. The likelihoods that tell functions of one name
// apart are not here: they are a model's parameters.
package weights

// What one source of evidence weighs at most, alone. 1 would be a proof.
const (
	FramesCeiling     = 0.95 // a crash stack: it shows who asked last, not always who holds the memory [chosen]
	FramesBesideHeap  = 0.4  // the same, where a heap dump tells who holds the memory [corpus: the failing frame was a shared helper's as often as the holder's]
	RetainedCeiling   = 0.98 // bytes that a heap dump shows it to keep alive [chosen]
	NamedAspect       = 0.85 // the crash names an aspect that it implements [chosen]
	NamedTarget       = 0.4  // the crash names a target whose rule it implements [chosen]
	CalleeWeight      = 0.95 // the innermost printed line calls it, and a function had been left [chosen: 0 of 12 such stacks held the culprit]
	RulesCeiling      = 0.7  // live bytes in its rules, by dump --rules: who allocated, not who holds [chosen]
	NamedLoading      = 0.3  // it is the only package's own that was being loaded [chosen: Bazel names one of several]
	WritingCeiling    = 0.5  // time in ctx.actions.write, where a file was being written [chosen]
	SurvivalCeiling   = 0.4  // its share of minor-GC pauses [chosen]
	AllocationCeiling = 0.3  // bytes in an allocation profile [chosen: the profile is blind to string concatenation]
	RecordedCeiling   = 0.2  // bytes in a recording of all allocations [chosen: most of them are garbage soon, and who allocates need not hold]
	PressureCeiling   = 0.2  // its share of major-GC pauses in crashed builds [chosen]
	GCCeiling         = 0.15 // its rate of collections [chosen: near a crash the collector runs for everybody]
	GrowthCeiling     = 0.1  // restarts and growth at low limits [chosen]
	CPUCeiling        = 0.05 // CPU time [chosen: orders what nothing else orders]
	TimeCeiling       = 0.05 // self time [chosen: the same]
	ConcurrentCeiling = 0.02 // running at restarts [chosen]
)

// How a source's weight is divided and damped.
const (
	RetainedFull    = 0.5   // the share of the live heap that has the whole weight [chosen: Bazel itself always has a part]
	CallerShare     = 0.5   // a caller's weight, relative to its callee's [corpus: tests of package accuracy fail at 0.9]
	HandedOn        = 0.5   // what is left to a helper of what it hands on to its caller [chosen]
	LetGo           = 0.3   // what is left of a grade where a function lets go of what was made [chosen]
	LeftShare       = 0.8   // what is left to the caller where the function that ran had been left [chosen]
	BystanderShare  = 0.3   // a stack on a thread that did not fail [chosen]
	MisfitShare     = 0.2   // what is left of a grade where the Java stack does not fit [chosen]
	LeastDamping    = 0.5   // what is left of the weight of a function that has all the time [corpus]
	ExecutingShare  = 0.25  // what is left of a grade in the execution phase [chosen]
	CalleeOnly      = 0.75  // the part of a function's calls that one caller makes, from which it is told by it [chosen]
	UnfinishedGrade = 0.6   // the grade of a function that has all the work left [chosen]
	MinCollections  = 3     // the least collections that are evidence [reasoned: one falls into somebody's time]
	ConcurrentLevel = 0.05  // the share of false discoveries among concurrent restarts [convention]
	UsualVariation  = 0.3   // the guess at how shares vary between builds, a standard deviation [chosen; docs/statistics.md has the coverage]
	UsualFreedom    = 4     // the degrees of freedom that the guess counts [chosen; docs/statistics.md has the coverage]
	NoiseWeight     = 0.005 // the weight below which a reason has no line [chosen]
	MinInferred     = 0.02  // the least score on which a crash's definition is inferred [chosen]
)

// From which score and part on a verdict is given (verdict.go).
const (
	SureChance      = 0.01 // the chance of a false "sure", over all functions [corpus]
	SureCrashes     = 3    // the least crashes [corpus]
	SurePart        = 0.8  // of the crashes [corpus]
	SureMargin      = 2    // times the next score [corpus: nobody is sure where a build dies alone]
	SureCopied      = 0.15 // the share of minor-GC pauses: more than one of a dozen equal functions has [corpus]
	SureRetained    = 0.5  // of the live heap [corpus]
	LikelyScore     = 0.35 // the score [corpus]
	LikelyMargin    = 1.5  // times the next score [corpus]
	LikelyPart      = 0.6  // of the crashes [corpus]
	LikelyKnown     = 0.9  // the probability that it is the function, of several of its name [chosen]
	PossibleScore   = 0.1  // the score [corpus]
	TestimonyCredit = 0.5  // the weight on crash stacks that makes one likely [corpus]
	LikelyStacks    = 2    // the least crashes, with a stack or a whole profile [reasoned: one names who asked for the last byte]
)
