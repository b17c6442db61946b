// SPDX-License-Identifier: Apache-2.0

package javastack

import "strings"

// Phase says in which of Bazel's phases a thread was, given its frames,
// innermost first: "loading", "analysis (rule)", "analysis (aspect)",
// "analysis", "execution", "query", "cquery", "aquery", or "other" where
// Bazel's frames are of none of these. It is "" if no frame tells: the
// evaluator's are the same in every phase, and a stack may be cut below them.
//
// The innermost frame that tells decides: the Skyframe function that runs on a
// thread stands further out than what it calls.
func Phase(frames []Frame) string {
	bazel := false
	for _, f := range frames {
		m := splitMethod(f.Method)
		if !strings.HasPrefix(m.pkg, "com.google.devtools.build.") || m.starlark() {
			continue
		}
		bazel = true
		if p := phaseOfPackage(m); p != "" {
			return p
		}
		if p, ok := phases[m.outer()]; ok {
			return p
		}
	}
	for _, f := range frames {
		if p, ok := implied[splitMethod(f.Method).outer()]; ok {
			return p
		}
	}
	if bazel {
		return "other"
	}
	return ""
}

// phaseOfPackage tells the queries, which have packages of their own.
func phaseOfPackage(m method) string {
	switch {
	case strings.Contains(m.pkg, ".query2.cquery") || m.outer() == "CqueryCommand":
		return "cquery"
	case strings.Contains(m.pkg, ".query2.aquery") || m.outer() == "AqueryCommand":
		return "aquery"
	case strings.Contains(m.pkg, ".query2") || strings.HasPrefix(m.outer(), "QueryCommand"):
		return "query"
	}
	return ""
}

// implied are the classes of builtins that only one phase offers. They tell
// less than the Skyframe function below them, which a cut stack may lack.
var implied = map[string]string{
	"StarlarkActionFactory":       "analysis",
	"SkylarkActionFactory":        "analysis",
	"StarlarkRuleContext":         "analysis",
	"SkylarkRuleContext":          "analysis",
	"StarlarkNativeModule":        "loading",
	"SkylarkNativeModule":         "loading",
	"StarlarkBaseExternalContext": "loading",
	"StarlarkRepositoryContext":   "loading",
	"SkylarkRepositoryContext":    "loading",
	"ModuleExtensionContext":      "loading",
}

// phases are the classes that work in one phase alone, from 0.29 to 9.
var phases = map[string]string{
	// An aspect's implementation.
	"StarlarkAspectFactory": "analysis (aspect)",
	"SkylarkAspectFactory":  "analysis (aspect)",
	"AspectFunction":        "analysis (aspect)",
	// A rule's implementation.
	"StarlarkRuleConfiguredTargetUtil":    "analysis (rule)",
	"StarlarkRuleConfiguredTargetBuilder": "analysis (rule)",
	"SkylarkRuleConfiguredTargetUtil":     "analysis (rule)",
	"SkylarkRuleConfiguredTargetBuilder":  "analysis (rule)",
	"ConfiguredTargetFunction":            "analysis (rule)",
	// Analysis outside implementations.
	"StarlarkTransition":                        "analysis",
	"FunctionTransitionUtil":                    "analysis",
	"TransitionApplier":                         "analysis",
	"DependencyResolver":                        "analysis",
	"ToolchainResolutionFunction":               "analysis",
	"BuildConfigurationFunction":                "analysis",
	"PrepareAnalysisPhaseFunction":              "analysis",
	"StarlarkAttributeTransitionProvider":       "analysis",
	"StarlarkBuildSettingsDetailsFunction":      "analysis",
	"ConfiguredTargetCycleReporter":             "analysis",
	"RegisteredToolchainsFunction":              "analysis",
	"RegisteredExecutionPlatformsFunction":      "analysis",
	"SingleToolchainResolutionFunction":         "analysis",
	"PlatformMappingFunction":                   "analysis",
	"TopLevelAspectsFunction":                   "analysis (aspect)",
	"BuildTopLevelAspectsDetailsFunction":       "analysis (aspect)",
	"LoadStarlarkAspectFunction":                "loading",
	"LoadAspectFunction":                        "loading",
	"ActionExecutionFunction":                   "execution",
	"SkyframeActionExecutor":                    "execution",
	"ArtifactFunction":                          "execution",
	"ActionTemplateExpansionFunction":           "execution",
	"TargetCompletor":                           "execution",
	"CompletionFunction":                        "execution",
	"TestCompletionFunction":                    "execution",
	"BuildDriverFunction":                       "execution",
	"ActionCacheChecker":                        "execution",
	"PackageFactory":                            "loading",
	"PackageFunction":                           "loading",
	"PackageFunctionWithSingleGlobDep":          "loading",
	"PackageFunctionWithMultipleGlobDeps":       "loading",
	"PackageFunctionWithoutGlobDeps":            "loading",
	"MacroInstanceFunction":                     "loading",
	"EvalMacroFunction":                         "loading",
	"MacroClass":                                "loading",
	"BzlLoadFunction":                           "loading",
	"BzlCompileFunction":                        "loading",
	"StarlarkImportLookupFunction":              "loading",
	"SkylarkImportLookupFunction":               "loading",
	"ASTFileLookupFunction":                     "loading",
	"WorkspaceFileFunction":                     "loading",
	"WorkspaceASTFunction":                      "loading",
	"WorkspaceFactory":                          "loading",
	"GlobFunction":                              "loading",
	"GlobFunctionWithRecursionInSingleFunction": "loading",
	"GlobsFunction":                             "loading",
	"RepositoryDelegatorFunction":               "loading",
	"RepositoryFetchFunction":                   "loading",
	"StarlarkRepositoryFunction":                "loading",
	"SkylarkRepositoryFunction":                 "loading",
	"SingleExtensionEvalFunction":               "loading",
	"RegularRunnableExtension":                  "loading",
	"ModuleFileFunction":                        "loading",
	"CompiledModuleFile":                        "loading",
	"RepoFileFunction":                          "loading",
	"BazelLockFileFunction":                     "loading",
	"BazelLockFileModule":                       "loading",
	"BazelModuleResolutionFunction":             "loading",
	"TargetPatternFunction":                     "loading",
	"PrepareDepsOfPatternFunction":              "loading",
	"CollectPackagesUnderDirectoryFunction":     "loading",
}
