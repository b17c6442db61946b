// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
)

// In the execution phase the threads run actions, and what they build while
// they do (an expanded command line, a file's contents) hangs on their stacks
// alone. It belongs to whoever made the action: the key of the action under
// execution, or the action itself, lies on the same stack.

// actionKeys tells, for each Java thread without Starlark on its stack, whose
// action it executes.
func (h *Dump) actionKeys() map[uint32]Key {
	isKey := classSet(h.d, func(c *hprof.Class) bool { return classIs(c, "ActionLookupData") })
	isAction := classSet(h.d, func(c *hprof.Class) bool { return classIs(c, "AbstractAction") })
	starlark := map[uint32]bool{}
	for _, t := range h.threads {
		starlark[t.serial] = true
	}
	out := map[uint32]Key{}
	for r := range h.d.Roots() {
		if r.Kind != hprof.RootJavaFrame || starlark[r.Thread] {
			continue
		}
		o, ok := h.d.Object(r.ID)
		if !ok || o.Kind() != hprof.Instance {
			continue
		}
		switch before, known := out[r.Thread]; {
		case isKey[o.Class()]:
			if k, ok := readKey(o); ok && k.Label != "" {
				out[r.Thread] = k
			}
		case isAction[o.Class()] && (!known || before.Label == ""):
			if k := actionOwner(o); k.Label != "" {
				out[r.Thread] = k
			}
		}
	}
	return out
}

// actionOwner reads an action's ActionOwner: the label, and the aspects in the
// order they were applied, of which the last made the action.
func actionOwner(action hprof.Object) Key {
	owner, ok := action.Ref("owner")
	if !ok {
		return Key{}
	}
	k := Key{Kind: Action, Label: firstLabel(owner, "label")}
	descriptors, ok := owner.Ref("aspectDescriptors")
	if !ok {
		descriptors, ok = owner.Ref("getAspectDescriptors")
	}
	if array, n, isList := arrayOf(descriptors); ok && isList && n > 0 {
		if last, ok := array.Element(n - 1); ok && !last.IsZero() && strings.HasSuffix(last.Class().Name, "AspectDescriptor") {
			class, _ := last.Ref("aspectClass")
			k.Aspect = aspectName(class)
		}
	}
	return k
}
