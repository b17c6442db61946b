// SPDX-License-Identifier: Apache-2.0

// Package starlarktest makes workspaces of any size, for tests.
package starlarktest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Generate writes a workspace of n .bzl files below root, the same for the
// same n: a tenth are libraries of helpers, the others rules, aspects,
// providers, factories and macros that load them, with the sizes that public
// rule sets have (median 2 kB, some over 30 kB). Every tenth directory has a
// BUILD file as well. It returns the .bzl files.
func Generate(t testing.TB, root string, n int) []string {
	t.Helper()
	random := rand.New(rand.NewPCG(20260908, uint64(n)))
	write(t, filepath.Join(root, "WORKSPACE"), "workspace(name = \"generated\")\n")
	paths := make([]string, 0, n)
	for i := range n {
		dir := fmt.Sprintf("area%02d/pkg%03d", i/500, i/10)
		p := filepath.Join(root, dir, fmt.Sprintf("file%05d.bzl", i))
		write(t, p, File(random, i))
		paths = append(paths, p)
		if i%10 == 0 {
			write(t, filepath.Join(root, dir, "BUILD.bazel"), generateBuild(dir, i))
		}
	}
	return paths
}

// libraryOf names a library file that file i may load: an earlier tenth one.
func libraryOf(random *rand.Rand, i int) int { return random.IntN(i/10+1) * 10 }

func labelOfGenerated(i int) string {
	return fmt.Sprintf("//area%02d/pkg%03d:file%05d.bzl", i/500, i/10, i)
}

// File is the text of file i.
func File(random *rand.Rand, i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\"\"\"Generated file %d.\n\nWith a docstring of some lines, as files have.\n\"\"\"\n\n", i)
	if i > 0 {
		lib := libraryOf(random, i)
		fmt.Fprintf(&b, "load(%q, helper = \"helper_%d\", \"make_rule_%d\")\n", labelOfGenerated(lib), lib, lib)
	}
	fmt.Fprintf(&b, "\nInfo%d = provider(\n    doc = \"What file %d hands on.\",\n    fields = {\"files\": \"depset of File\", \"flags\": \"list of string\"},\n)\n\n", i, i)
	functions := 1 + random.IntN(4)
	if random.IntN(20) == 0 {
		functions += 30
	}
	for f := range functions {
		generateFunction(&b, random, fmt.Sprintf("_step_%d_%d", i, f), "")
	}
	var calls strings.Builder
	for f := range functions {
		fmt.Fprintf(&calls, "    _step_%d_%d(ctx, depth + 1)\n", i, f)
	}
	generateFunction(&b, random, "_impl", calls.String())
	fmt.Fprintf(&b, "rule_%d = rule(\n    implementation = _impl,\n    attrs = {\n        \"deps\": attr.label_list(providers = [Info%d]),\n        \"srcs\": attr.label_list(allow_files = True),\n        \"_tool\": attr.label(default = \"//tools:tool\", executable = True, cfg = \"exec\"),\n    },\n)\n\n", i, i)
	if i%10 == 0 {
		fmt.Fprintf(&b, "def helper_%d(ctx, files):\n    return [f for f in files if f.extension != \"txt\"]\n\n", i)
		fmt.Fprintf(&b, "def make_rule_%d(impl, attrs = {}):\n    return rule(implementation = impl, attrs = dict(attrs, deps = attr.label_list()))\n\n", i)
		fmt.Fprintf(&b, "def macro_%d(name, **kwargs):\n    rule_%d(name = name + \"_inner\", **kwargs)\n    native.filegroup(name = name, srcs = [name + \"_inner\"])\n", i, i)
	} else if i%3 == 0 {
		fmt.Fprintf(&b, "aspect_%d = aspect(implementation = _impl, attr_aspects = [\"*\"])\n", i)
	}
	return b.String()
}

func generateFunction(b *strings.Builder, random *rand.Rand, name, calls string) {
	fmt.Fprintf(b, "def %s(ctx, depth = 0):\n    \"\"\"Does a step.\n\n    Args:\n      ctx: the context\n      depth: how deep\n    \"\"\"\n    out = []\n", name)
	for s := range 2 + random.IntN(8) {
		switch random.IntN(4) {
		case 0:
			fmt.Fprintf(b, "    for dep in ctx.attr.deps:\n        if hasattr(dep, \"files\") and depth < %d:\n            out.append(str(dep.label) + \"_%d\")\n", s, s)
		case 1:
			fmt.Fprintf(b, "    declared_%d = ctx.actions.declare_file(ctx.label.name + \".step%d\")\n    ctx.actions.run_shell(\n        outputs = [declared_%d],\n        inputs = ctx.files.srcs,\n        command = \"cp $1 $2\",  # copies\n        arguments = [\"--flag=%d\", declared_%d.path],\n    )\n", s, s, s, s, s)
		case 2:
			fmt.Fprintf(b, "    flags_%d = [\"-I\" + f.path for f in ctx.files.srcs if f.is_source]\n    out += sorted(flags_%d, key = lambda f: len(f))\n", s, s)
		default:
			fmt.Fprintf(b, "    if len(out) > %d:\n        # Keep it short.\n        out = out[:%d] + [\"{}_{}\".format(ctx.label.name, %d)]\n", 10*s, s, s)
		}
	}
	b.WriteString(calls)
	b.WriteString("    return [DefaultInfo(files = depset(ctx.files.srcs)), OutputGroupInfo(all = depset(out))]\n\n")
}

func generateBuild(dir string, i int) string {
	return fmt.Sprintf("load(%q, \"macro_%d\", \"rule_%d\")\n\nmacro_%d(name = \"m%d\")\n\nrule_%d(\n    name = \"r%d\",\n    srcs = glob([\"*.txt\"]),\n)\n",
		labelOfGenerated(i), i, i, i, i, i, i)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
