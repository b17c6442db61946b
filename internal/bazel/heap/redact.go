// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Redact returns a copy that may leave the company: no previews, and labels,
// files and names of functions, variables and providers replaced by hashes.
// Equal names have equal hashes within one summary, so that rows can still be
// told apart and joined; the key of the hash is random and forgotten, so that
// no list of likely names leads back. What is Bazel's or Java's own (classes,
// builtins, threads, types) stays readable.
func (s *Summary) Redact() *Summary {
	r := redactor{key: make([]byte, 32)}
	rand.Read(r.key) // it cannot fail (crypto/rand, Go 1.24)
	out := *s
	out.Redacted = true
	out.Dump, out.path = r.name("dump", s.Dump), ""
	out.Warnings = make([]string, len(s.Warnings))
	for i, w := range s.Warnings {
		out.Warnings[i] = r.words(w, s.path, s.Dump)
	}
	if s.Failed != nil {
		failed := *s.Failed
		failed.Name = r.threadName(failed.Name)
		out.Failed = &failed
	}
	out.Threads = make([]ThreadSummary, len(s.Threads))
	for i, t := range s.Threads {
		out.Threads[i] = r.thread(t)
	}
	if s.Owners != nil {
		out.Owners = r.owners(s.Owners)
	}
	out.Findings = make([]FindingSummary, len(s.Findings))
	for i, f := range s.Findings {
		f.Preview, f.Finding.Preview, f.ID = "", "", 0
		f.Builder, f.Field = r.name("builder", f.Builder), r.name("field", f.Field)
		f.Function, f.Made = r.function(f.Function), r.place(f.Made)
		f.Message = withoutNames(f.Finding)
		out.Findings[i] = f
	}
	return &out
}

// withoutNames says what was found, without the fields, keys, rules and attributes
// that the sentence names.
func withoutNames(f Finding) string {
	return fmt.Sprintf("%s, %s times", strings.ReplaceAll(f.Kind, "_", " "), grouped(f.Count))
}

type redactor struct{ key []byte }

// name hashes a name, keeping what kind of thing it is.
func (r redactor) name(kind, name string) string {
	if name == "" || name == "<builtin>" || name == toplevel || name == "lambda" {
		return name
	}
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(name))
	return kind + "-" + hex.EncodeToString(mac.Sum(nil)[:6])
}

// file hashes a path or label of a file and keeps its extension.
func (r redactor) file(name string) string {
	if name == "" || name == "<builtin>" {
		return name
	}
	return r.name("file", name) + path.Ext(name)
}

func (r redactor) place(p *Place) *Place {
	if p == nil {
		return nil
	}
	return &Place{File: r.file(p.File), Line: p.Line, Column: p.Column}
}

// pathLike is a word with a slash in it: a label or path, of whatever kind.
var pathLike = regexp.MustCompile(`[^\s"'(),;]*[/\\][^\s"'(),;]*`)

// words hashes the names in a sentence: those that are known, and all that look
// like a path or a label. Java's class names, which have dots, stay.
func (r redactor) words(sentence string, known ...string) string {
	for _, name := range known {
		if name != "" {
			sentence = strings.ReplaceAll(sentence, name, r.name("file", name))
		}
	}
	return pathLike.ReplaceAllStringFunc(sentence, func(name string) string { return r.name("file", name) })
}

// ownThreads are the beginnings of the names that Bazel and the JVM give their
// threads.
var ownThreads = []string{"skyframe-evaluator", "Notification Thread", "Thread-", "main", "grpc-command", "cli-update-thread", "globbing_pool", "pool-", "ForkJoinPool",
	"Finalizer", "Reference Handler", "Signal Dispatcher", "Common-Cleaner", "Service Thread", "Attach Listener", "pid-file-watcher"}

// threadName keeps a name that is Bazel's or Java's; others may have been given
// after a label or a file.
func (r redactor) threadName(name string) string {
	own := slices.ContainsFunc(ownThreads, func(prefix string) bool {
		rest, ok := strings.CutPrefix(name, prefix)
		return ok && strings.Trim(rest, " -0123456789") == ""
	})
	if own {
		return name
	}
	return r.name("thread", name)
}

func (r redactor) thread(t ThreadSummary) ThreadSummary {
	t.Name = r.threadName(t.Name)
	t.Target, t.Aspect = r.name("label", t.Target), r.name("aspect", t.Aspect)
	frames := make([]FrameSummary, len(t.Frames))
	for i, f := range t.Frames {
		builtin := f.File == "<builtin>"
		f.File, f.Defined = r.file(f.File), r.place(f.Defined)
		if !builtin {
			f.Function = r.name("function", f.Function)
		}
		locals := make([]Local, len(f.Locals))
		for j, l := range f.Locals {
			l.Name, l.Preview, l.Type, l.ID = r.name("local", l.Name), "", r.typeName(l.Type), 0
			l.CapturedBy = r.name("local", l.CapturedBy)
			locals[j] = l
		}
		f.Locals = locals
		frames[i] = f
	}
	t.Frames = frames
	return t
}

// starlarkTypes are the types that say nothing of the workspace; any other is
// a provider's name.
var starlarkTypes = map[string]bool{"NoneType": true, "bool": true, "int": true, "float": true, "string": true, "list": true,
	"tuple": true, "dict": true, "set": true, "depset": true, "struct": true, "ctx": true, "File": true, "Label": true, "Target": true,
	"function": true, "builtin_function_or_method": true, "range": true, "unassigned": true}

func (r redactor) typeName(t string) string {
	if starlarkTypes[t] {
		return t
	}
	return r.name("type", t)
}

func (r redactor) owners(o *Owners) *Owners {
	out := *o
	out.Views = make([]View, len(o.Views))
	for i, v := range o.Views {
		rows := make([]Owner, len(v.Rows))
		for j, row := range v.Rows {
			rows[j] = r.owner(row)
		}
		out.Views[i] = View{By: v.By, Rows: rows}
	}
	return &out
}

func (r redactor) owner(o Owner) Owner {
	switch o.Kind {
	case KindShared, KindBazel, KindThreads, KindRest, "skyframe":
		return o
	}
	o.Name = r.name(o.Kind, o.Name)
	o.Provider, o.Field, o.Made = r.name("provider", o.Provider), r.name("field", o.Field), r.place(o.Made)
	o.Function = r.function(o.Function)
	frames := make([]FrameShare, len(o.Frames))
	for i, f := range o.Frames {
		f.Caller, f.Entry, f.Label = r.function(f.Caller), r.function(f.Entry), r.name("label", f.Label)
		frames[i] = f
	}
	o.Frames = frames
	return o
}

func (r redactor) function(f *Function) *Function {
	if f == nil {
		return nil
	}
	return &Function{Name: r.name("function", f.Name), Builtin: f.Builtin, Place: *r.place(&f.Place), Module: r.file(f.Module)}
}
