// SPDX-License-Identifier: Apache-2.0

package javastack

import "strings"

// builtinCalled names the builtin that the evaluator was calling, as a .bzl
// file spells it, or is "". Between the evaluator and the Java method that
// implements a builtin lie BuiltinFunction (or BuiltinCallable), the
// descriptor and reflection; the implementation is the first method inside.
func builtinCalled(body []Frame) string {
	glue := -1
	fallback := ""
	for i := len(body) - 1; i >= 0; i-- {
		m := splitMethod(body[i].Method)
		switch {
		case isGlue(m):
			glue = i
		case glue < 0 || isReflection(m):
		case strings.HasPrefix(m.pkg, "com.google.devtools.build.") || m.starlark():
			return builtinName(m)
		case fallback == "":
			fallback = builtinName(m)
		}
	}
	return fallback
}

// isGlue reports whether m hands a Starlark call on to Java.
func isGlue(m method) bool {
	if !m.starlark() {
		return false
	}
	switch m.class {
	case "BuiltinFunction", "BuiltinCallable", "MethodDescriptor", "CallUtils", "BuiltinMethod":
		return true
	}
	return false
}

// isReflection reports whether m is the JVM's way to a method.
func isReflection(m method) bool {
	return strings.HasPrefix(m.pkg, "jdk.internal.reflect") || strings.HasPrefix(m.pkg, "java.lang.reflect") ||
		strings.HasPrefix(m.pkg, "sun.reflect") || strings.HasPrefix(m.pkg, "java.lang.invoke") ||
		m.starlark() && strings.HasPrefix(m.class, "Starlark") && callMethods[m.name]
}

// receivers are the classes that implement Starlark's builtins, and how their
// methods are reached from a .bzl file. "" is a global function.
var receivers = map[string]string{
	"StarlarkActionFactory": "ctx.actions.", "SkylarkActionFactory": "ctx.actions.",
	"StarlarkRuleContext": "ctx.", "SkylarkRuleContext": "ctx.",
	"StarlarkCustomCommandLine": "Args.", "SkylarkCustomCommandLine": "Args.", "Args": "Args.",
	"StarlarkRepositoryContext": "repository_ctx.", "SkylarkRepositoryContext": "repository_ctx.",
	"StarlarkBaseExternalContext":  "repository_ctx.",
	"ModuleExtensionContext":       "module_ctx.",
	"StarlarkNativeModule":         "native.",
	"SkylarkNativeModule":          "native.",
	"StarlarkRuleClassFunctions":   "",
	"StarlarkAttrModule":           "attr.",
	"StarlarkCommandLine":          "cmd_helper.",
	"MethodLibrary":                "",
	"StringModule":                 "string.",
	"StarlarkList":                 "list.",
	"StarlarkSet":                  "set.",
	"SkylarkList":                  "list.",
	"Dict":                         "dict.",
	"SkylarkDict":                  "dict.",
	"Depset":                       "depset.",
	"SkylarkNestedSet":             "depset.",
	"Json":                         "json.",
	"StructImpl":                   "struct.",
	"SkylarkClassObject":           "struct.",
	"SkylarkInfo":                  "struct.",
	"StarlarkProvider":             "a provider, ",
	"StarlarkRuleFunction":         "a rule, ",
	"StarlarkRuleTransitionsUtils": "a transition, ",
}

// builtinName spells a Java method as Starlark does: camel case becomes snake.
func builtinName(m method) string {
	name := snake(strings.TrimRight(strings.TrimPrefix(m.name, "lambda$"), "_"))
	if m.outer() == "Depset" && (name == "depset" || name == "of") {
		return "depset"
	}
	prefix, known := receivers[m.outer()]
	if !known {
		return "the builtin " + m.outer() + "." + m.name
	}
	return strings.TrimSuffix(prefix+name, ", ")
}

// snake turns declareFile into declare_file.
func snake(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

// actionUnderWay says what an action was doing on a thread without Starlark:
// "computing the key of a FileWriteAction", "executing a SpawnAction".
func actionUnderWay(frames []Frame) string {
	for _, f := range frames {
		m := splitMethod(f.Method)
		class := m.outer()
		if !strings.HasPrefix(m.pkg, "com.google.devtools.build.lib.") || !strings.HasSuffix(class, "Action") || strings.HasPrefix(class, "Abstract") {
			continue
		}
		switch {
		case m.name == "computeKey" || m.name == "getKey":
			return "computing the key of a " + class
		case strings.HasPrefix(m.name, "execute"), strings.HasPrefix(m.name, "beginExecution"):
			return "executing a " + class
		case m.name == "newDeterministicWriter" || strings.HasPrefix(m.name, "getFileContents"):
			return "writing the contents of a " + class
		}
		return "in " + class + "." + m.name
	}
	return ""
}
