// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path"
	"strings"

	"go.starlark.net/syntax"

	"example.invalid/starlark-memls/starlark"
)

// A linkCount compares rules' implementations with the oracle's.
type linkCount struct{ right, missed, wrong int }

func (c *linkCount) add(o linkCount) {
	c.right, c.missed, c.wrong = c.right+o.right, c.missed+o.missed, c.wrong+o.wrong
}

// maxHops is through how many files a loaded name is followed.
const maxHops = 8

// The oracle knows one thing: X = anything(implementation = name, ...) at the
// top of a file, where name is a def of that file, or comes by load from one.
// It evaluates nothing.
type oracle struct {
	root  string
	files map[string]*oracleFile
}

type oracleFile struct {
	defs  map[string]int       // how often each name is defined
	loads map[string][2]string // local name: label, name there
	made  map[string]string    // assigned name: its implementation's
	again map[string]bool      // assigned more than once
}

func checkLinks(ws *starlark.Workspace) (count linkCount) {
	o := oracle{root: ws.Root(), files: map[string]*oracleFile{}}
	for file := range ws.Files() {
		for made, implementation := range o.read(file).made {
			at, name, ok := o.find(file, implementation, maxHops)
			if !ok || o.read(file).again[made] {
				continue
			}
			for _, d := range ws.InFile(file) {
				if d.Name != made || d.Kind == starlark.Function || d.Kind == starlark.Target || d.Kind == starlark.Toplevel {
					continue
				}
				switch i := d.Implementation; {
				case i == nil:
					count.missed++
				case i.File == at && i.Name == name:
					count.right++
				default:
					count.wrong++
					fmt.Printf("wrong: %s of %s: %s of %s, want %s of %s\n", made, ws.Rel(file), i.Name, ws.Rel(i.File), name, ws.Rel(at))
				}
			}
		}
	}
	return count
}

// find follows a name to the file that defines it once.
func (o *oracle) find(file, name string, hops int) (at, as string, ok bool) {
	f := o.read(file)
	if n := f.defs[name]; n > 0 || hops == 0 {
		return file, name, n == 1
	}
	load, there := f.loads[name]
	if !there {
		return "", "", false
	}
	to, ok := o.path(file, load[0])
	if !ok {
		return "", "", false
	}
	return o.find(to, load[1], hops-1)
}

// path is the file of a label without a repository.
func (o *oracle) path(from, label string) (string, bool) {
	dir := path.Dir(from)
	if rest, ok := strings.CutPrefix(label, "//"); ok {
		for dir != o.root && !isRoot(dir) {
			dir = path.Dir(dir)
		}
		pkg, name, both := strings.Cut(rest, ":")
		if !both {
			return "", false
		}
		return path.Join(dir, pkg, name), true
	}
	name, ok := strings.CutPrefix(label, ":")
	for dir != o.root && !exists(dir, "BUILD", "BUILD.bazel") {
		dir = path.Dir(dir)
	}
	return path.Join(dir, name), ok
}

func isRoot(dir string) bool {
	return exists(dir, "WORKSPACE", "WORKSPACE.bazel", "MODULE.bazel", "REPO.bazel")
}

func exists(dir string, names ...string) bool {
	for _, n := range names {
		if info, err := os.Stat(path.Join(dir, n)); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

func (o *oracle) read(file string) *oracleFile {
	if f := o.files[file]; f != nil {
		return f
	}
	f := &oracleFile{defs: map[string]int{}, loads: map[string][2]string{}, made: map[string]string{}, again: map[string]bool{}}
	o.files[file] = f
	text, err := os.ReadFile(file)
	if err != nil {
		return f
	}
	tree, err := syntax.LegacyFileOptions().Parse(file, text, 0)
	if err != nil {
		return f
	}
	for _, statement := range tree.Stmts {
		switch s := statement.(type) {
		case *syntax.DefStmt:
			f.defs[s.Name.Name]++
		case *syntax.LoadStmt:
			for i := range s.From {
				f.loads[s.To[i].Name] = [2]string{s.ModuleName(), s.From[i].Name}
			}
		case *syntax.AssignStmt:
			f.assign(s)
		}
	}
	return f
}

func (f *oracleFile) assign(s *syntax.AssignStmt) {
	to, ok := s.LHS.(*syntax.Ident)
	if !ok {
		return
	}
	_, before := f.made[to.Name]
	f.again[to.Name] = before
	call, ok := s.RHS.(*syntax.CallExpr)
	if !ok {
		return
	}
	for _, arg := range call.Args {
		if b, ok := arg.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
			key, named := b.X.(*syntax.Ident)
			value, plain := b.Y.(*syntax.Ident)
			if named && plain && key.Name == "implementation" {
				f.made[to.Name] = value.Name
			}
		}
	}
}
