// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"maps"
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

// isMethod reports whether a name is one of the methods that are understood.
func isMethod(name string) bool { return methods[name] }

var methods = func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`append extend insert remove pop clear update setdefault items keys values get join format
		replace split rsplit splitlines strip lstrip rstrip lower upper title capitalize elems partition rpartition startswith endswith
		to_list merge merge_all to_json to_proto runfiles write run run_shell expand_template symlink declare_file declare_directory args
		add add_all add_joined use_param_file set_param_file_format count index find rfind expand_location execute file template read union`) {
		m[name] = true
	}
	return m
}()

// method is x.name(…).
func (in *interpreter) method(f *activation, e *syntax.CallExpr, name string, on Value, a arguments) Value {
	at := in.at(f.module, e)
	first := a.argument("", 0)
	switch name {
	case ".append":
		for _, o := range on.of(List) {
			in.add(o, first, at)
		}
		return kinds(Nothing)
	case ".insert":
		for _, o := range on.of(List) {
			in.add(o, a.argument("", 1), at)
		}
		return kinds(Nothing)
	case ".extend", ".update":
		for _, o := range on.of(List | Dict) {
			in.extend(o, first, at)
			for key, v := range a.named {
				in.put(object(o), text(key), v, at)
			}
		}
		return kinds(Nothing)
	case ".setdefault":
		if len(a.positional) > 1 {
			in.put(on, first, a.positional[1], at)
			return join(a.positional[1], in.element(on, at))
		}
		return in.element(on, at)
	case ".get", ".pop":
		v := in.index(on, first, at)
		if len(a.positional) > 1 {
			v = join(v, a.positional[1])
		}
		return v
	case ".items", ".keys", ".values", ".elems", ".union":
		o := in.make(f, e, List)
		in.extend(o, on, at)
		return object(o)
	case ".to_list":
		o := in.make(f, e, List)
		in.part(o, Part{Value: on, Way: Copied, Flat: true, At: at})
		for _, d := range on.Objects {
			o.Elements = join(o.Elements, d.Elements)
			if !in.again {
				o.Count, o.Bytes = d.Count, d.Count*slotBytes
			}
		}
		in.record(f, e, name, on, a, object(o))
		return object(o)
	case ".join":
		o := in.make(f, e, String)
		in.part(o, Part{Value: first, Way: Copied, At: at})
		in.part(o, Part{Value: in.element(first, at), Way: Copied, At: at})
		if !in.again {
			o.Bytes, o.Count = stringBytes+first.Bytes(), first.Count()
		}
		in.record(f, e, name, on, a, object(o))
		return object(o)
	case ".format":
		values := append([]Value{on}, a.positional...)
		for _, name := range slices.Sorted(maps.Keys(a.named)) {
			values = append(values, a.named[name])
		}
		return in.format(f, e, values...)
	case ".replace", ".strip", ".lstrip", ".rstrip", ".lower", ".upper", ".title", ".capitalize":
		o := in.make(f, e, String)
		for _, v := range append([]Value{on}, a.positional...) {
			in.part(o, Part{Value: v, Way: Copied, At: at})
		}
		if !in.again {
			o.Bytes = on.Bytes()
		}
		return object(o)
	case ".split", ".rsplit", ".splitlines", ".partition", ".rpartition":
		o := in.make(f, e, List)
		in.part(o, Part{Value: on, Way: Copied, At: at})
		o.Elements, o.filled = kinds(String), len(a.positional) > 0
		return object(o)
	case ".startswith", ".endswith", ".count", ".index", ".find", ".rfind", ".remove", ".clear", ".use_param_file", ".set_param_file_format":
		return kinds(Number)
	case ".to_json", ".to_proto":
		return in.encode(f, e, name, on)
	case ".merge", ".merge_all":
		return in.merge(f, e, name, on, a)
	case ".runfiles":
		return in.runfiles(f, e, on, a)
	case ".args":
		o := in.make(f, e, Arguments)
		return object(o)
	case ".add", ".add_all", ".add_joined":
		in.record(f, e, name, on, a, Value{})
		in.addRoot("map_each", "", a.named["map_each"], at, nil)
		for _, o := range on.of(Arguments) {
			for _, v := range a.positional {
				in.part(o, Part{Value: v, Way: Held, At: at})
				if !in.again && !in.frozen(o) {
					o.Bytes = min(most, o.Bytes+v.Bytes()*in.times(o))
				}
			}
		}
		return on
	}
	in.record(f, e, name, on, a, Value{})
	out := Value{Paths: on.step(Step{Name: strings.TrimPrefix(name, ".") + "()"}, at)}
	if name == ".declare_file" || name == ".declare_directory" {
		return out
	}
	return out
}

// merge is runfiles.merge(other) and runfiles.merge_all([…]).
func (in *interpreter) merge(f *activation, e *syntax.CallExpr, name string, on Value, a arguments) Value {
	o := in.make(f, e, Runfiles)
	at := in.at(f.module, e)
	in.part(o, Part{Value: on, Way: Shared, At: at})
	for _, v := range a.positional {
		if name == ".merge_all" {
			v = in.element(v, at)
		}
		in.part(o, Part{Value: v, Way: Shared, At: at})
	}
	in.record(f, e, name, on, a, object(o))
	return object(o)
}

// runfiles is ctx.runfiles(…).
func (in *interpreter) runfiles(f *activation, e *syntax.CallExpr, on Value, a arguments) Value {
	o := in.make(f, e, Runfiles)
	at := in.at(f.module, e)
	for _, key := range []string{"files", "symlinks", "root_symlinks", "transitive_files"} {
		v, ok := a.named[key]
		if !ok {
			continue
		}
		way := Copied
		if key == "transitive_files" {
			way = Shared
		}
		in.part(o, Part{Value: v, Way: way, At: at})
		if !in.again {
			o.Bytes = min(most, o.Bytes+v.Bytes())
		}
	}
	in.record(f, e, ".runfiles", on, a, object(o))
	return object(o)
}
