// SPDX-License-Identifier: Apache-2.0

package console

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseFrame(t *testing.T) {
	t.Parallel()
	type result struct {
		Starlark   StarlarkFrame
		Java       JavaFrame
		IsStarlark bool
		OK         bool
	}
	for _, c := range []struct {
		in   string
		want result
	}{
		{"\tat <starlark>.f(/p/x.bzl:12)", result{Starlark: StarlarkFrame{Function: "f", File: "/p/x.bzl", Line: 12}, IsStarlark: true, OK: true}},
		{"<starlark>.write(<builtin>:0)", result{Starlark: StarlarkFrame{Function: "write", File: Builtin}, IsStarlark: true, OK: true}},
		{"<starlark>.write(<builtin>)", result{Starlark: StarlarkFrame{Function: "write", File: Builtin}, IsStarlark: true, OK: true}},
		{"<starlark>.<toplevel>(C:\\a (1)\\BUILD:3)", result{Starlark: StarlarkFrame{Function: "<toplevel>", File: "C:\\a (1)\\BUILD", Line: 3}, IsStarlark: true, OK: true}},
		{"<starlark>.f(/p/x.bzl)", result{IsStarlark: true}},
		{"<starlark>.f(/p/x.bzl:)", result{IsStarlark: true}},
		{"at java.base/java.util.Arrays.copyOf(Arrays.java:3537)", result{Java: JavaFrame{Method: "java.util.Arrays.copyOf", Source: "Arrays.java:3537"}, OK: true}},
		{"at java.base@17.0.1/a.B.c(Native Method)", result{Java: JavaFrame{Method: "a.B.c", Source: "Native Method"}, OK: true}},
		{"at app//a.B$C.<init>(B.java:1) ~[bazel.jar:?]", result{Java: JavaFrame{Method: "a.B$C.<init>", Source: "B.java:1"}, OK: true}},
		{"at a.IOUtils$$Lambda/0x0000000100808410.apply(Unknown Source)", result{Java: JavaFrame{Method: "a.IOUtils$$Lambda/0x0000000100808410.apply", Source: "Unknown Source"}, OK: true}},
		{"at once (or later)", result{}},
		{"at ", result{}},
		{"", result{}},
	} {
		var got result
		got.Starlark, got.Java, got.IsStarlark, got.OK = ParseFrame(c.in)
		if !got.OK {
			got.Starlark = StarlarkFrame{}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("ParseFrame(%q) (-want +got):\n%s", c.in, diff)
		}
	}
}

func TestParseNode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ node, target, aspect string }{
		{"ConfiguredTargetKey{label=//x:y, config=BuildConfigurationKey[ab12]}", "//x:y", ""},
		{"ConfiguredTargetKey{label=//x:y, config=BuildConfigurationValue.Key[ab12]}", "//x:y", ""},
		{"ConfiguredTargetKey{label=@@rules_x~2.0//x:y+z, config=null, executionPlatformLabel=//p:q}", "@@rules_x~2.0//x:y+z", ""},
		{"//x:y BuildConfigurationValue.Key[ab12] false", "//x:y", ""},
		{"[]#//m:eat.bzl%traverse ConfiguredTargetKey{label=//x:y, config=K[1]} {}", "//x:y", "//m:eat.bzl%traverse"},
		{"//x:y#//m:eat.bzl%traverse ConfiguredTargetKey{label=//x:y, config=K[1]} {}", "//x:y", "//m:eat.bzl%traverse"},
		{"//x:y#@r+//m:eat.bzl%traverse[a=\"#b\"] ConfiguredTargetKey{label=//x:y, config=K[1]} {}", "//x:y", "@r+//m:eat.bzl%traverse"},
		{"[[]#//m:a.bzl%a ConfiguredTargetKey{label=//x:y} {}]#//m:b.bzl%b ConfiguredTargetKey{label=//x:y} {}", "//x:y", "//m:b.bzl%b"},
		{"ActionLookupData{actionLookupKey=ConfiguredTargetKey{label=//x:y, config=K[1]}, actionIndex=3}", "//x:y", ""},
		{"ActionLookupData{actionLookupKey=[]#//m:eat.bzl%t ConfiguredTargetKey{label=//x:y} {}, actionIndex=0}", "//x:y", "//m:eat.bzl%t"},
		{"PACKAGE:deep", "", ""},
		{"PACKAGE:@@r//p", "", ""},
		{"BZL_LOAD:@//p:f.bzl", "", ""},
		{"SINGLE_EXTENSION_EVAL:@@r+//:e.bzl%ext", "", ""},
		{"SimpleAspectKey{baseConfiguredTargetKey=ConfiguredTargetKey{label=//pkg:t, config=BuildConfigurationKey[ab]}, aspectDescriptor=//pkg:eat.bzl%traverse}", "//pkg:t", "//pkg:eat.bzl%traverse"},
		{"", "", ""},
	} {
		if target, aspect := parseNode(c.node); target != c.target || aspect != c.aspect {
			t.Errorf("parseNode(%q) = %q, %q, want %q, %q", c.node, target, aspect, c.target, c.aspect)
		}
	}
}
