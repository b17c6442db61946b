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
	{"ParameterFile.", Work{"a parameter file of an action was written", "the rule that fills that ctx.actions.args(): its whole command line is written at once"}},
	{"CommandLines$ParamFile", Work{"a parameter file of an action was written", "the rule that fills that ctx.actions.args(): its whole command line is written at once"}},
	{"CommandLines.expand", Work{"an action's command line was expanded", "the rule that fills that ctx.actions.args()"}},
	{"CustomCommandLine", Work{"an action's command line was expanded", "the rule that fills that ctx.actions.args()"}},
	{"TemplateExpansionAction.", Work{"a template of ctx.actions.expand_template was expanded", "the rule that gives the substitutions"}},
	{"TemplateExpansionContext", Work{"a template of ctx.actions.expand_template was expanded", "the rule that gives the substitutions"}},
	{"FileWriteAction.", Work{"a file of ctx.actions.write was written", "the rule that gives its content"}},
	{"ParameterFileWriteAction.", Work{"a parameter file was written", "the rule that gives its content"}},
	{"SourceManifestAction.", Work{"a runfiles manifest was written", "the targets with many runfiles, and depsets of them that are flattened"}},
	{"RepoMappingManifestAction.", Work{"a runfiles repository mapping was written", "the targets with many runfiles"}},
	{"SymlinkTreeHelper.", Work{"a runfiles tree was made", "the targets with many runfiles"}},
	{"RunfilesTree", Work{"a runfiles tree was made", "the targets with many runfiles"}},
	{".Runfiles.", Work{"runfiles were put together", "the targets with many runfiles"}},
	{"remote.merkletree.", Work{"an action's inputs were listed for remote execution", "actions with very many inputs (--experimental_remote_merkle_tree_cache_size bounds what is kept)"}},
	{"remote.util.DigestUtil", Work{"an input of an action was hashed for remote execution", "actions with very large inputs made in memory"}},
	{"remote.", Work{"remote execution or the remote cache was at work", "--jobs and --remote_max_connections bound how much is under way at once"}},
	// Printing a query's result.
	{"cquery.StarlarkOutputFormatterCallback", Work{"cquery printed its result with --output=starlark", "what the format expression prints: a depset or a list of all transitive values is written out for each target"}},
	{"query2.cquery.", Work{"cquery worked on its result", "the query's scope and its --output"}},
	{"query2.aquery.", Work{"aquery printed actions", "the command lines that it writes out; --noinclude_commandline, --noinclude_artifacts make them smaller"}},
	{"commands.CqueryCommand", Work{"cquery worked on its result", "the query's scope and its --output"}},
	{"commands.AqueryCommand", Work{"aquery printed actions", "the query's scope"}},
	{"PostAnalysisQueryBuildTool", Work{"a query after analysis worked on its result", "the query's scope and its --output"}},
	{"query2.query.output.", Work{"query printed its result", "the query's --output; --order_output=no prints as it goes"}},
	{"query2.", Work{"query gathered its result", "the query's scope; --order_output=no keeps less"}},
	{"commands.QueryCommand", Work{"query worked on its result", "the query's scope; --order_output=no keeps less"}},
	// Module resolution.
	{"bzlmod.BazelLockFile", Work{"the lock file MODULE.bazel.lock was read or written", "module extensions that record very much: extension_metadata(reproducible = True) keeps one out of the lock file; --lockfile_mode=off tells"}},
	{"bzlmod.Lockfile", Work{"the lock file MODULE.bazel.lock was read or written", "module extensions that record very much: extension_metadata(reproducible = True) keeps one out of the lock file; --lockfile_mode=off tells"}},
	{"bzlmod.LockFile", Work{"the lock file MODULE.bazel.lock was read or written", "module extensions that record very much: extension_metadata(reproducible = True) keeps one out of the lock file; --lockfile_mode=off tells"}},
	{"commands.ModCommand", Work{"bazel mod worked on the module graph", ""}},
	{"bzlmod.", Work{"modules were resolved", ""}},
	{"repository.downloader.", Work{"a repository's archive was downloaded", ""}},
	{"repository.decompressor.", Work{"a repository's archive was unpacked", ""}},
	{"repository.DecompressorValue", Work{"a repository's archive was unpacked", ""}},
	// Events and messages.
	{"events.Event.", Work{"a message was printed", "a very large message: a failed action's output, or what a rule prints"}},
	{"runtime.UiEventHandler", Work{"a message was printed", "a very large message: a failed action's output, or what a rule prints"}},
	{"runtime.ExperimentalEventHandler", Work{"a message was printed", "a very large message: a failed action's output, or what a rule prints"}},
	{"runtime.UiStateTracker", Work{"the progress display was drawn", ""}},
	{"buildeventservice.", Work{"build events were uploaded", "--build_event_max_named_set_of_file_entries, --bes_upload_mode, and whether the build passes without --bes_backend"}},
	{"buildeventstream.", Work{"build events were written", "depsets of files in providers and output groups; --build_event_max_named_set_of_file_entries bounds one event"}},
	{"runtime.BuildEventStreamer", Work{"build events were written", "depsets of files in providers and output groups; --build_event_max_named_set_of_file_entries bounds one event"}},
	{"runtime.NamedArtifactGroup", Work{"build events were written", "depsets of files in providers and output groups; --build_event_max_named_set_of_file_entries bounds one event"}},
	{"SpawnLog", Work{"the execution log was written", "whether the build passes without --execution_log_*_file"}},
	{"ExecutionGraphModule", Work{"the execution graph was written", "whether the build passes without --experimental_enable_execution_graph_log"}},
	// Watching.
	{"profiler.", Work{"the profiler or one of its collectors was at work", ""}},
	{"GcThrashingDetector", Work{"a collection was looked at; nothing tells what else ran", ""}},
	// Execution.
	{"actions.ActionCache", Work{"the action cache was read or written", ""}},
	{"actions.cache.", Work{"the action cache was read or written", ""}},
	{"sandbox.", Work{"a sandbox was made", "actions with very many inputs"}},
	{"worker.", Work{"a persistent worker was talked to", "a very large answer of a worker"}},
	{"exec.", Work{"an action was run", ""}},
}
