// SPDX-License-Identifier: Apache-2.0

// Package failuredetail reads how Bazel itself sums up a failure: the message
// FailureDetail of src/main/protobuf/failure_details.proto.
//
// The server writes it raw to <output_base>/failure_detail.rawproto (startup
// option --failure_detail_out; 4.0 on) before it dies, and the build event
// protocol has it as JSON in finished.failureDetail. Of a crash it holds up to
// five throwables with up to a thousand stack trace elements each, Starlark's
// frames among them from 5.0 on, so it is a console's stack for a build whose
// console nobody kept. The file is left lying until the next failure.
//
// Only the fields that matter here are decoded, by their numbers:
//
//	FailureDetail  message = 1, crash = 108; other categories 101 to 10000
//	Crash          code = 1, causes = 2, oom_detector_override = 3 (6, 7),
//	               oom_cause_category = 4 (2025 on)
//	Throwable      throwable_class = 1, message = 2, stack_trace = 3
package failuredetail

import (
	"encoding/json"
	"fmt"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/console"
)

// A Detail is one FailureDetail. Its JSON is that of the build event protocol
// (proto3's: lowerCamelCase, zero values left out).
type Detail struct {
	Message string       `json:"message,omitempty"`
	Crash   *CrashDetail `json:"crash,omitempty"`
	// Category is the number of the field that is set in FailureDetail, and
	// Code the enumeration's value in it: how the proto's own comment wants
	// a failure to be classified by those who do not know all of it. Both
	// are known only from the raw form.
	Category int `json:"-"`
	Code     int `json:"-"`
	// Damage says what was lost of a raw file, or is empty.
	Damage string `json:"-"`
}

// A CrashDetail is failure_details.Crash.
type CrashDetail struct {
	Code   CrashCode   `json:"code,omitempty"`
	Causes []Throwable `json:"causes,omitempty"` // outermost first
	// OOMDetectorOverride: a GC detector decided that memory had run out
	// (6 and 7).
	OOMDetectorOverride bool             `json:"oomDetectorOverride,omitempty"`
	OOMCauseCategory    OOMCauseCategory `json:"oomCauseCategory,omitempty"`
}

// A Throwable is failure_details.Throwable.
type Throwable struct {
	Class      string   `json:"throwableClass,omitempty"`
	Message    string   `json:"message,omitempty"`
	StackTrace []string `json:"stackTrace,omitempty"` // innermost first
}

// A CrashCode is Crash.Code by its name. Empty is CRASH_UNKNOWN, the zero.
type CrashCode string

// The codes; CrashOOM goes with exit code 33.
const (
	CrashUnknown CrashCode = "CRASH_UNKNOWN"
	CrashOOM     CrashCode = "CRASH_OOM"
)

// An OOMCauseCategory says who found that memory had run out (2025 on).
type OOMCauseCategory string

// The categories, in the order of their numbers.
const (
	OOMNone             OOMCauseCategory = "NONE"
	OOMOrganic          OOMCauseCategory = "ORGANIC"
	OOMDetectorOverride OOMCauseCategory = "OOM_DETECTOR_OVERRIDE"
	OOMGCThrashing      OOMCauseCategory = "GC_THRASHING"
	OOMGCChurning       OOMCauseCategory = "GC_CHURNING"
)

// crashCodeOf and categoryOf name the numbers of the wire form. A number that
// is not known is kept as a number.
func crashCodeOf(n uint64) CrashCode {
	switch n {
	case 0:
		return CrashUnknown
	case 1:
		return CrashOOM
	}
	return CrashCode(fmt.Sprint(n))
}

func categoryOf(n uint64) OOMCauseCategory {
	names := [...]OOMCauseCategory{OOMNone, OOMOrganic, OOMDetectorOverride, OOMGCThrashing, OOMGCChurning}
	if n < uint64(len(names)) {
		return names[n]
	}
	return OOMCauseCategory(fmt.Sprint(n))
}

// UnmarshalJSON takes the enumeration's name or, as proto3's JSON allows, its
// number.
func (c *CrashCode) UnmarshalJSON(b []byte) error {
	name, n, err := enum(b)
	if *c = CrashCode(name); err == nil && name == "" {
		*c = crashCodeOf(n)
	}
	return err
}

// UnmarshalJSON takes the enumeration's name or its number.
func (c *OOMCauseCategory) UnmarshalJSON(b []byte) error {
	name, n, err := enum(b)
	if *c = OOMCauseCategory(name); err == nil && name == "" {
		*c = categoryOf(n)
	}
	return err
}

func enum(b []byte) (name string, n uint64, err error) {
	if json.Unmarshal(b, &name) == nil && name != "" {
		return strings.TrimPrefix(name, "OOM_CAUSE_CATEGORY_"), 0, nil
	}
	if err := json.Unmarshal(b, &n); err != nil {
		return "", 0, fmt.Errorf("an enumeration's value is neither a name nor a number: %w", err)
	}
	return "", n, nil
}

// ConsoleCrash is the crash as the console's reader gives one, with the
// Starlark frames, target and aspect that its throwables name. ok is false
// where the detail is of another failure than a crash.
func (d *Detail) ConsoleCrash() (crash console.PrintedCrash, ok bool) {
	if d == nil || d.Crash == nil {
		return console.PrintedCrash{}, false
	}
	var chain []console.Stack
	for _, t := range d.Crash.Causes {
		chain = append(chain, console.Stack{
			Throwable: console.Throwable{Class: t.Class, Message: t.Message},
			Elements:  t.StackTrace,
		})
	}
	crash = console.CrashOf(chain)
	if crash.Message == "" {
		crash.Message = d.Message
	}
	crash.OutOfMemory = crash.OutOfMemory || d.Crash.Code == CrashOOM
	if d.Crash.detected() {
		crash.Cause = console.GCThrashing
	} else if crash.OutOfMemory && crash.Cause == console.InternalError {
		crash.Cause = console.Unknown // Bazel knows better than the chain, which is cut at five
	}
	return crash, true
}

// detected reports whether one of Bazel's GC detectors ended the server.
func (c *CrashDetail) detected() bool {
	switch c.OOMCauseCategory {
	case OOMDetectorOverride, OOMGCThrashing, OOMGCChurning:
		return true
	}
	return c.OOMDetectorOverride
}
