// SPDX-License-Identifier: Apache-2.0

package join

import (
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/starlark"
)

// What a crash names without a Starlark stack: the Skyframe key of the node
// under evaluation holds the aspect and the target, and the target's rule has
// an implementation. That is who was being evaluated, or, in the execution
// phase, whose action was running; both are strong hints at who made the
// values that filled the heap, weaker than a stack.

// addNamed finds the implementations of what the crash names.
func (s *Subjects) addNamed(ws *starlark.Workspace, crash int, c *Crash) {
	if ws == nil {
		return
	}
	for _, aspect := range strings.Split(c.Aspect, ",") {
		for _, d := range aspectImplementations(ws, aspect) {
			found := s.of(d.Name, d, "")
			s.touch(crash, found)
			found.nameAt(crash, weights.NamedAspect, fmt.Sprintf("implements the aspect %s that was evaluated", observe.AspectName(aspect)))
		}
	}
	t := c.TargetDefinition
	if t == nil || c.Aspect != "" {
		return
	}
	if len(t.Classes) > 0 {
		for _, rule := range t.Candidates {
			how := fmt.Sprintf("implements %s, one of %d rules that the target under evaluation may be of", rule.Name, len(t.Classes))
			s.addRule(crash, rule, weights.NamedTarget/float64(len(t.Classes)), how)
		}
		return
	}
	s.addRule(crash, t.Rule, weights.NamedTarget, fmt.Sprintf("implements %s, the rule of the target under evaluation", t.Class))
}

func (s *Subjects) addRule(crash int, rule *starlark.Definition, weight float64, how string) {
	for _, i := range implementations(rule) {
		found := s.of(i.Name, i, "")
		s.touch(crash, found)
		found.nameAt(crash, weight, how)
	}
}

// implementations are the functions that may be run for a target of a rule.
// The implementation of a macro is not: it has returned when the target is
// evaluated.
func implementations(rule *starlark.Definition) []*starlark.Definition {
	switch {
	case rule == nil || rule.Kind != starlark.Rule && rule.Kind != starlark.RepositoryRule || rule.Implementation == nil:
		return nil
	case len(rule.Candidates) > 0:
		return rule.Candidates
	}
	return []*starlark.Definition{rule.Implementation}
}

func (s *Subject) nameAt(crash int, weight float64, how string) {
	if weight > s.Named[crash] {
		put(&s.Named, crash, weight)
	}
	if !slices.Contains(s.NamedHow, how) {
		s.NamedHow = append(s.NamedHow, how)
	}
}

// aspectImplementations finds the functions behind "//pkg:file.bzl%name".
func aspectImplementations(ws *starlark.Workspace, aspect string) []*starlark.Definition {
	name := observe.AspectName(aspect)
	if name == "" {
		return nil
	}
	file := strings.NewReplacer("//", "/", ":", "/").Replace(strings.TrimSuffix(aspect, "%"+name))
	if i := strings.LastIndex(file, "@"); i >= 0 { // @repo//pkg:file.bzl
		if j := strings.Index(file[i:], "/"); j >= 0 {
			file = file[i+j:]
		}
	}
	var found []*starlark.Definition
	for _, d := range ws.Named(name) {
		if d.Kind == starlark.Aspect && d.Implementation != nil && strings.HasSuffix(d.File, file) {
			found = append(found, d.Implementation)
		}
	}
	return found
}
