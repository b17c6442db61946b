// SPDX-License-Identifier: Apache-2.0

package heap

import "example.invalid/starlark-memls/internal/hprof"

// toplevel is Bazel's name for a file's own code.
const toplevel = "<toplevel>"

// A Function is a Starlark function in the dump.
type Function struct {
	Name    string `json:"name"`
	Builtin bool   `json:"builtin,omitempty"`
	// Place is where it is defined.
	Place Place `json:"place"`
	// Module is the label of the .bzl file around it, where the dump has it.
	Module string `json:"module,omitempty"`
}

// function reads a StarlarkFunction (UserDefinedFunction in 0.29 and 2.1, whose
// name and location are its own) or a builtin.
func (r *reader) function(o hprof.Object) Function {
	if o.IsZero() {
		return Function{Name: "?"}
	}
	if r.kindOf(o.Class()) == kindBuiltin {
		name := refText(o, "methodName")
		if name == "" {
			name = refText(o, "name")
		}
		if desc, ok := o.Ref("desc"); ok && name == "" {
			name = refText(desc, "name")
		}
		return Function{Name: name, Builtin: true, Place: Place{File: "<builtin>"}}
	}
	f := Function{}
	def := o
	if rfn, ok := o.Ref("rfn"); ok {
		def = rfn
	}
	f.Name = refText(def, "name")
	if loc, ok := def.Ref("location"); ok {
		f.Place = place(loc)
	}
	for _, field := range [...]string{"module", "definitionGlobals"} {
		if m, ok := o.Ref(field); ok {
			f.Module = moduleLabel(m)
		}
	}
	if f.Name == "" {
		f.Name = simpleName(o.Class())
		f.Builtin = true
	}
	return f
}

// moduleLabel is the label in a Module's client data (BazelModuleContext) or in
// the key there; in 2.1 and 0.29 the module has it itself.
func moduleLabel(m hprof.Object) string {
	ctx, ok := m.Ref("clientData")
	if !ok {
		ctx = m
	}
	if l := refLabel(ctx, "label"); l != "" {
		return l
	}
	key, _ := ctx.Ref("key") // from 9 on: the key by which the file was loaded
	return refLabel(key, "label")
}

// place reads a Location: {file, line, column} from 3 on; before, a subclass
// that knows a path and numbers, or a table of line starts and an offset.
func place(loc hprof.Object) Place {
	if loc.IsZero() {
		return Place{}
	}
	if loc.Has("file") {
		p := Place{File: refText(loc, "file")}
		line, _ := loc.Int("line")
		column, _ := loc.Int("column")
		p.Line, p.Column = int(line), int(column)
		return p
	}
	return oldPlace(loc)
}
