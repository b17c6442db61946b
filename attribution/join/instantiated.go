// SPDX-License-Identifier: Apache-2.0

package join

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

// How targets came to be, by `bazel query --output=build`, pasted or saved: the
// stack of the BUILD file's line and the macros down to the rule, and where the
// rule was made. Bazel itself says it, so that it joins a target with its macro
// and its rule where the sources do not show it: through computed names, rules
// of factories, repositories that are not here.

// instantiation is what a query said of a label, nil if none did.
func (j *Joined) instantiation(label string) *console.Instantiation {
	if label == "" {
		return nil
	}
	if j.instantiations == nil {
		j.instantiations = map[string]*console.Instantiation{}
		for _, o := range j.Observed.Observations {
			for i := range o.Instantiations {
				in := &o.Instantiations[i]
				j.instantiations[j.labelOf(in)] = in
			}
		}
	}
	return j.instantiations[label]
}

// labelOf completes a label of which the query's block tells the name alone: the
// package is that of the BUILD file.
func (j *Joined) labelOf(in *console.Instantiation) string {
	if j.Workspace == nil || !strings.HasPrefix(in.Target, ":") {
		return in.Target
	}
	file := resolvePath(j.Workspace, in.File).Path
	if file == "" {
		return in.Target
	}
	dir := path.Dir(j.Workspace.Rel(file))
	if dir == "." {
		dir = ""
	}
	return "//" + dir + in.Target
}

// addInstantiated names the rule's implementation, and shows the macros, of a
// crash's target that a query tells of.
func (j *Joined) addInstantiated(crash int, c *Crash) {
	in := j.instantiation(c.Target)
	if in == nil {
		return
	}
	for _, f := range in.Instantiated {
		c.Instantiated = append(c.Instantiated, j.frame(f))
	}
	rule := j.ruleMadeAt(in)
	if rule == nil || c.Aspect != "" || c.TargetDefinition != nil && c.TargetDefinition.Rule != nil {
		return
	}
	for _, i := range implementations(rule) {
		s := j.Subjects.of(i.Name, i, "")
		j.Subjects.touch(crash, s)
		s.nameAt(crash, weights.NamedTarget, fmt.Sprintf("implements %s, the rule of the target under evaluation, by query --output=build", in.Class))
	}
}

// ruleMadeAt is the rule that was made where the query says. A factory's rule is
// known by the line that called the factory, which is the outermost.
func (j *Joined) ruleMadeAt(in *console.Instantiation) *starlark.Definition {
	if j.Workspace == nil {
		return nil
	}
	for _, f := range slices.Backward(in.Defined) {
		file := resolvePath(j.Workspace, f.File).Path
		if file == "" {
			continue
		}
		for _, d := range j.Workspace.InFile(file) {
			if (d.Kind == starlark.Rule || d.Kind == starlark.RepositoryRule) && d.Range.Contains(f.Line) {
				return d
			}
		}
	}
	return nil
}
