// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Repository names.
//
// A label calls a repository by its apparent name ("@rules_rs"), the
// directories below <output_base>/external by its canonical one, which has
// changed with Bazel: "rules_python" under WORKSPACE, "rules_python~0.24.0"
// in 6.x and 7.0, "rules_python~" in 7.1, "rules_python+" from 8.0; for a
// repository that a module extension makes, "rules_python~~pip~numpy" and
// "rules_python++pip+numpy", with "_main~ext~x" and "+ext+x" for the main
// module's own extensions. Where the mapping itself is not at hand, a name is
// tried in all these spellings.

// repositories maps the names by which the main repository calls others to
// their directories.
type repositories struct {
	// main are the names of the main repository itself.
	main map[string]bool
	// local are repositories that lie in the file system, by name.
	local map[string]string
	// modules maps the apparent name of a module to its own.
	modules map[string]string
}

// findRepositories reads the top-level calls of the root's WORKSPACE and
// MODULE.bazel files.
func (w *Workspace) findRepositories() *repositories {
	r := &repositories{
		main:    map[string]bool{"": true, "_main": true},
		local:   map[string]string{},
		modules: map[string]string{},
	}
	overrides := map[string]string{}
	for _, src := range w.files {
		if src == nil || src.repo != w.root {
			continue
		}
		if src.kind == moduleFile || src.kind == workspaceFile && path.Dir(src.rel) == "." {
			r.read(w.root, src.sum, overrides)
		}
	}
	for apparent, module := range r.modules {
		if dir, ok := overrides[module]; ok {
			r.local[apparent] = dir
		}
	}
	for module, dir := range overrides {
		if _, ok := r.local[module]; !ok {
			r.local[module] = dir
		}
	}
	return r
}

// read takes one file's calls in.
func (r *repositories) read(root string, sum *fileSummary, overrides map[string]string) {
	for i := range sum.functions[0].callSites {
		call := &sum.functions[0].callSites[i].call
		args := stringArguments(call)
		switch name := args["name"]; calleeName(call) {
		case "workspace":
			r.main[name] = true
		case "module":
			r.main[name] = true
			if alias, ok := args["repo_name"]; ok {
				r.main[alias] = true
			}
		case "bazel_dep":
			alias, ok := args["repo_name"]
			if !ok {
				alias = name
			}
			r.modules[alias] = name
		case "local_path_override":
			overrides[args["module_name"]] = repositoryPath(root, args["path"])
		case "local_repository", "new_local_repository", "native.local_repository", "native.new_local_repository":
			if name != "" && args["path"] != "" {
				r.local[name] = repositoryPath(root, args["path"])
			}
		}
	}
}

// repositoryPath is a path as repository rules read it: relative to the root.
func repositoryPath(root, p string) string {
	p = filepath.ToSlash(p)
	if !path.IsAbs(p) {
		p = path.Join(root, p)
	}
	return cleanPath(p)
}

// calleeName is the dotted name of what a call calls, or "".
func calleeName(call *expr) string {
	e := &call.args[0]
	switch e.op {
	case opName:
		return e.text
	case opDot:
		if e.args[0].op == opName {
			return e.args[0].text + "." + e.text
		}
	}
	return ""
}

// stringArguments are a call's keyword arguments that are string literals.
func stringArguments(call *expr) map[string]string {
	out := map[string]string{}
	for i := range call.args[1:] {
		if a := &call.args[1+i]; a.op == opKeyword && a.args[0].op == opString {
			out[a.text] = a.args[0].text
		}
	}
	return out
}

// apparentNames are the names that a canonical name may stand for, the most
// exact first.
func apparentNames(canonical string) []string {
	names := []string{canonical}
	add := func(name string) {
		for _, n := range names {
			if n == name {
				return
			}
		}
		if name != "" {
			names = append(names, name)
		}
	}
	cut := strings.IndexAny(canonical, "~+")
	if cut < 0 {
		return names
	}
	if last := canonical[strings.LastIndexAny(canonical, "~+")+1:]; strings.ContainsAny(canonical[cut+1:], "~+") {
		// An extension's repository: its own name is behind the last mark.
		add(last)
		return names
	}
	add(canonical[:cut])
	return names
}

// moduleName is the name of the module that a canonical name is of; that of a
// repository which an extension makes stays as it is.
func moduleName(canonical string) string {
	if i := strings.IndexAny(canonical, "~+"); i > 0 && !strings.ContainsAny(canonical[i+1:], "~+") {
		return canonical[:i]
	}
	return canonical
}

// repositoryDir is the directory of a repository, by any of its names.
func (w *Workspace) repositoryDir(name string) (string, bool) {
	if w.repos.main[moduleName(name)] {
		return w.root, true
	}
	names := apparentNames(name)
	for _, n := range names {
		if dir, ok := w.repos.local[n]; ok {
			return dir, true
		}
	}
	if w.opts.OutputBase == "" {
		return "", false
	}
	return w.external.directory(w.opts.OutputBase, name, w.repos.modules[name])
}

// findExternal looks for the directory of a repository below
// <output_base>/external, by its name and by what else it may be called there.
func findExternal(outputBase, name, module string) (string, bool) {
	external := path.Join(outputBase, "external")
	if dir := path.Join(external, name); isDir(dir) {
		return cleanPath(dir), true
	}
	wanted := map[string]bool{}
	for _, n := range apparentNames(name) {
		wanted[n] = true
	}
	if module != "" {
		wanted[module] = true
	}
	entries, err := os.ReadDir(external)
	if err != nil {
		return "", false
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "@") {
			continue // marker files
		}
		for _, n := range apparentNames(e.Name()) {
			if dir := path.Join(external, e.Name()); wanted[n] && isDir(dir) {
				return cleanPath(dir), true
			}
		}
	}
	return "", false
}

func isDir(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.IsDir()
}
