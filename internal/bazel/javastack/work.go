// SPDX-License-Identifier: Apache-2.0

package javastack

import "strings"

// A Work is what Bazel itself was doing, where that was not running Starlark:
// its own code, for which no Starlark function was under way. What Starlark had
// made before is often what it worked on; Hint says which that is.
type Work struct {
	// Doing is a clause: "cquery printed its result".
	Doing string
	// Hint says where to look instead; "" if there is no telling.
	Hint string
	// Alone: it comes after all Starlark of a command, not beside it.
	Alone bool
	// Result: what it gathers is its own, and no function's.
	Result bool
}

// Outside is what Bazel did outside Starlark. ok is false where Starlark
// functions were on the stack or the frames do not tell.
func Outside(frames []Frame) (Work, bool) {
	if Depth(frames) > 0 || Leaving(frames) || inBuiltin(frames) {
		return Work{}, false
	}
	for _, f := range frames {
		m := splitMethod(f.Method)
		if !strings.HasPrefix(m.pkg, "com.google.devtools.build.") || m.starlark() {
			continue
		}
		for _, w := range works {
			if strings.Contains(m.pkg+"."+m.class+"."+m.name, w.method) {
				return w.Work, true
			}
		}
	}
	return Work{}, false
}

// inBuiltin: the interpreter was entered, and the frames below it were cut or
// are of a version whose names are not known.
func inBuiltin(frames []Frame) bool {
	for _, f := range frames {
		m := splitMethod(f.Method)
		if m.starlark() && (isGlue(m) || m.class == "Eval" || m.class == "FuncallExpression") {
			return true
		}
	}
	return false
}

// works are Bazel's own places where it was seen, or is known, to run out of
// memory. The first frame that is one decides, and in it the first entry.
var works = []struct {
	method string
	Work
}{
	// What is written for actions, made from what rules gave.
	{"ParameterFile.", Work{Doing: "a parameter file of an action was written", Hint: "the rule that fills that ctx.actions.args(): its whole command line is written at once"}},
	{"CommandLines$ParamFile", Work{Doing: "a parameter file of an action was written", Hint: "the rule that fills that ctx.actions.args(): its whole command line is written at once"}},
	{"CommandLines.expand", Work{Doing: "an action's command line was expanded", Hint: "the rule that fills that ctx.actions.args()"}},
	{"CustomCommandLine", Work{Doing: "an action's command line was expanded", Hint: "the rule that fills that ctx.actions.args()"}},
	{"TemplateExpansionAction.", Work{Doing: "a template of ctx.actions.expand_template was expanded", Hint: "the rule that gives the substitutions"}},
	{"TemplateExpansionContext", Work{Doing: "a template of ctx.actions.expand_template was expanded", Hint: "the rule that gives the substitutions"}},
	{"FileWriteAction.", Work{Doing: "a file of ctx.actions.write was written", Hint: "the rule that gives the written file its content"}},
	{"ParameterFileWriteAction.", Work{Doing: "a parameter file was written", Hint: "the rule that gives the parameter file its arguments"}},
	{"SourceManifestAction.", Work{Doing: "a runfiles manifest was written", Hint: "the targets with many runfiles, and depsets of them that are flattened"}},
	{"RepoMappingManifestAction.", Work{Doing: "a runfiles repository mapping was written", Hint: "the targets with many runfiles"}},
	{"SymlinkTreeHelper.", Work{Doing: "a runfiles tree was made", Hint: "the targets with many runfiles"}},
	{"RunfilesTree", Work{Doing: "a runfiles tree was made", Hint: "the targets with many runfiles"}},
	{".Runfiles.", Work{Doing: "runfiles were put together", Hint: "the targets with many runfiles"}},
	{"remote.merkletree.", Work{Doing: "an action's inputs were listed for remote execution", Hint: "actions with very many inputs (--experimental_remote_merkle_tree_cache_size bounds what is kept)"}},
	{"remote.util.DigestUtil", Work{Doing: "an input of an action was hashed for remote execution", Hint: "actions with very large inputs made in memory"}},
	{"remote.", Work{Doing: "remote execution or the remote cache was at work", Hint: "--jobs and --remote_max_connections bound how much is under way at once"}},
	// Printing a query's result.
	{"cquery.StarlarkOutputFormatterCallback", Work{Doing: "cquery printed its result with --output=starlark", Hint: "what the format expression prints: a depset or a list of all transitive values is written out for each target", Alone: true}},
	{"query2.cquery.", Work{Doing: "cquery worked on its result", Hint: "the query's scope and its --output", Alone: true}},
	{"query2.aquery.", Work{Doing: "aquery printed actions", Hint: "the command lines that it writes out; --noinclude_commandline, --noinclude_artifacts make them smaller", Alone: true}},
	{"commands.CqueryCommand", Work{Doing: "cquery worked on its result", Hint: "the query's scope and its --output", Result: true}},
	{"commands.AqueryCommand", Work{Doing: "aquery printed actions", Hint: "the query's scope", Result: true}},
	{"PostAnalysisQueryBuildTool", Work{Doing: "a query after analysis worked on its result", Hint: "the query's scope and its --output", Alone: true}},
	{"query2.query.output.", Work{Doing: "query printed its result", Hint: "the query's --output; --order_output=no prints as it goes", Alone: true}},
	{"query2.", Work{Doing: "query gathered its result", Hint: "the query's scope; --order_output=no keeps less", Result: true}},
	{"commands.QueryCommand", Work{Doing: "query worked on its result", Hint: "the query's scope; --order_output=no keeps less", Result: true}},
	// Module resolution.
	{"bzlmod.BazelLockFile", Work{Doing: "the lock file MODULE.bazel.lock was read or written", Hint: "module extensions that record very much: extension_metadata(reproducible = True) keeps one out of the lock file; --lockfile_mode=off tells", Alone: true}},
	{"bzlmod.Lockfile", Work{Doing: "the lock file MODULE.bazel.lock was read or written", Hint: "module extensions that record very much: extension_metadata(reproducible = True) keeps one out of the lock file; --lockfile_mode=off tells", Alone: true}},
	{"bzlmod.LockFile", Work{Doing: "the lock file MODULE.bazel.lock was read or written", Hint: "module extensions that record very much: extension_metadata(reproducible = True) keeps one out of the lock file; --lockfile_mode=off tells", Alone: true}},
	{"commands.ModCommand", Work{Doing: "bazel mod worked on the module graph"}},
	{"bzlmod.", Work{Doing: "modules were resolved"}},
	{"repository.downloader.", Work{Doing: "a repository's archive was downloaded"}},
	{"repository.decompressor.", Work{Doing: "a repository's archive was unpacked"}},
	{"repository.DecompressorValue", Work{Doing: "a repository's archive was unpacked"}},
	// Events and messages.
	{"events.Event.", Work{Doing: "a message was printed", Hint: "a very large message: a failed action's output, or what a rule prints"}},
	{"runtime.UiEventHandler", Work{Doing: "a message was printed", Hint: "a very large message: a failed action's output, or what a rule prints"}},
	{"runtime.ExperimentalEventHandler", Work{Doing: "a message was printed", Hint: "a very large message: a failed action's output, or what a rule prints"}},
	{"runtime.UiStateTracker", Work{Doing: "the progress display was drawn"}},
	{"buildeventservice.", Work{Doing: "build events were uploaded", Hint: "--build_event_max_named_set_of_file_entries, --bes_upload_mode, and whether the build passes without --bes_backend", Alone: true}},
	{"buildeventstream.", Work{Doing: "build events were written", Hint: "depsets of files in providers and output groups; --build_event_max_named_set_of_file_entries bounds one event", Alone: true}},
	{"runtime.BuildEventStreamer", Work{Doing: "build events were written", Hint: "depsets of files in providers and output groups; --build_event_max_named_set_of_file_entries bounds one event", Alone: true}},
	{"runtime.NamedArtifactGroup", Work{Doing: "build events were written", Hint: "depsets of files in providers and output groups; --build_event_max_named_set_of_file_entries bounds one event", Alone: true}},
	{"SpawnLog", Work{Doing: "the execution log was written", Hint: "whether the build passes without --execution_log_*_file", Alone: true}},
	{"ExecutionGraphModule", Work{Doing: "the execution graph was written", Hint: "whether the build passes without --experimental_enable_execution_graph_log", Alone: true}},
	// Watching.
	{"profiler.", Work{Doing: "the profiler or one of its collectors was at work"}},
	{"GcThrashingDetector", Work{Doing: "a collection was looked at; nothing tells what else ran"}},
	// Execution.
	{"actions.ActionCache", Work{Doing: "the action cache was read or written"}},
	{"actions.cache.", Work{Doing: "the action cache was read or written"}},
	{"sandbox.", Work{Doing: "a sandbox was made", Hint: "actions with very many inputs"}},
	{"worker.", Work{Doing: "a persistent worker was talked to", Hint: "a very large answer of a worker"}},
	{"exec.", Work{Doing: "an action was run"}},
}

// Doing is a clause on the Starlark under way, where frames of its own were not
// printed: "an aspect was evaluated, in a call of struct.to_json". It is "" if
// the frames do not tell.
func Doing(frames []Frame) string {
	doing := map[string]string{
		"loading": "packages were loaded", "analysis (rule)": "a rule's implementation ran", "analysis (aspect)": "an aspect's implementation ran",
		"analysis": "targets were analysed", "execution": "actions were executed",
	}[Phase(frames)]
	if words := bodyWords(frames); words != "" && doing == "" {
		return "Starlark was " + words
	}
	if words := operation(frames); words != "" && doing != "" && inBuiltin(frames) {
		doing += ", " + words
	}
	return doing
}

// Own is Bazel's own method that asked for the memory, "JavaPluginInfo.merge",
// where a builtin was under way whose work is Bazel's and not the interpreter's;
// "" where there is none before the first Starlark function.
func Own(frames []Frame) string {
	for _, f := range frames {
		m := splitMethod(f.Method)
		switch {
		case m.starlark():
			return ""
		case strings.HasPrefix(m.pkg, "com.google.devtools.build.lib."):
			class, _, _ := strings.Cut(m.class, "$")
			return class + "." + m.name
		}
	}
	return ""
}
