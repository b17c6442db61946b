// SPDX-License-Identifier: Apache-2.0

package console

import "strings"

// The target and the aspect out of the text of a Skyframe node's key, as it
// stands in "Unrecoverable error while evaluating node '…'". The texts are the
// keys' toString, and differ by version:
//
//	ConfiguredTargetKey{label=//x:y, config=BuildConfigurationKey[ab12]}        5.0 on
//	ConfiguredTargetKey{label=//x:y, config=BuildConfigurationValue.Key[ab12]}  4.x
//	//x:y BuildConfigurationValue.Key[ab12] false                               up to 3.x
//	[]#//m:eat.bzl%traverse ConfiguredTargetKey{label=//x:y, config=…} {}       aspect, up to 7
//	//x:y#//m:eat.bzl%traverse ConfiguredTargetKey{…} {}                        aspect, 8 on
//	[[]#//m:a.bzl%a ConfiguredTargetKey{…} {}]#//m:eat.bzl%traverse Con…        over another aspect
//	SimpleAspectKey{baseConfiguredTargetKey=ConfiguredTargetKey{label=//x:y, …}, aspectDescriptor=//m:eat.bzl%traverse}    2025 on
//	ActionLookupData{actionLookupKey=<one of the above>, actionIndex=0}         execution
//	TARGET_COMPLETION:ConfiguredTargetKey{…}, ASPECT_COMPLETION:…
//	PACKAGE:pkg, PACKAGE:@@repo//pkg                                            loading
//	BZL_LOAD:@//p:f.bzl, SINGLE_EXTENSION_EVAL:@@r+//:e.bzl%ext                 loading
//
// Sources: AspectKeyCreator.java, ConfiguredTargetKey.java,
// ActionLookupData.java (lib.skyframe, lib.actions).

// parseNode returns what the key's text names. A package is not a target and
// a .bzl file not an aspect: for those both are empty.
func parseNode(node string) (target, aspect string) {
	return nodeLabel(node), nodeAspect(node)
}

// nodeLabel is the label of the outermost key: the last one in the text, as
// the keys of base aspects stand before it and configurations name no labels.
func nodeLabel(node string) string {
	const mark = "label="
	if i := strings.LastIndex(node, mark); i >= 0 {
		return labelPrefix(node[i+len(mark):])
	}
	return labelPrefix(node)
}

// nodeAspect is the aspect of the outermost key: after the last '#' that
// begins one.
func nodeAspect(node string) string {
	const mark = "aspectDescriptor="
	if i := strings.LastIndex(node, mark); i >= 0 {
		return labelPrefix(node[i+len(mark):])
	}
	for end := len(node); ; {
		i := strings.LastIndexByte(node[:end], '#')
		if i < 0 {
			return ""
		}
		if l := labelPrefix(node[i+1:]); strings.Contains(l, "%") {
			return l
		}
		end = i
	}
}

// labelPrefix is the absolute label (with a "%name" if there is one) that s
// begins with, or "". A target's name may hold nearly anything but what ends
// a key: a comma, a brace, a bracket, a space, a quote, a hash.
func labelPrefix(s string) string {
	i := 0
	for i < len(s) && s[i] == '@' {
		i++
	}
	for i > 0 && i < len(s) && s[i] != '/' {
		if !repoByte(s[i]) {
			return ""
		}
		i++
	}
	if !strings.HasPrefix(s[i:], "//") {
		return ""
	}
	end := strings.IndexAny(s[i:], ",{}[]' \t#\"")
	if end < 0 {
		return s
	}
	return s[:i+end]
}

func repoByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '_' || c == '-' || c == '.' || c == '~' || c == '+'
}

// contextTarget is what "thrown during Starlark evaluation (…)" names: a label
// is the whole of it, as a target's name may hold blanks and parentheses; in
// other words ("aspect //a:b.bzl%x on //p:t") labels stand alone. The label of
// a .bzl file or of a module extension in it is no target.
func contextTarget(context string) (target, aspect string) {
	if labelPrefix(context) != "" && !strings.Contains(context, " on ") {
		return context, ""
	}
	for _, word := range strings.FieldsFunc(context, func(r rune) bool {
		return r == ' ' || r == ',' || r == '(' || r == ')' || r == '\''
	}) {
		l := labelPrefix(word)
		switch {
		case l == "" || l != word:
		case strings.Contains(l, ".bzl%"):
			if strings.Contains(context, "aspect") {
				aspect = l
			}
		case strings.HasSuffix(l, ".bzl"):
		default:
			target = l
		}
	}
	return target, aspect
}
