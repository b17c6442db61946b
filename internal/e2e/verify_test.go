// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// TestVerify: a list of the closure becomes a depset, in a copy; a real Bazel
// builds both, holds less of the field, and makes the same outputs.
func TestVerify(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "depot")
	for name, text := range map[string]string{
		"WORKSPACE": "workspace(name = \"depot\")\n",
		"audit/BUILD": `load(":defs.bzl", "audit", "report")

audit(name = "t0")

[audit(name = "t%d" % i, deps = ["t%d" % (i - 1)]) for i in range(1, 300)]

report(name = "report", dep = "t299")
`,
		"audit/defs.bzl": `AuditInfo = provider(fields = ["records"])

def _audit_impl(ctx):
    records = ["%s/%d" % (ctx.label.name, i) for i in range(40)]
    for dep in ctx.attr.deps:
        records += dep[AuditInfo].records
    return [AuditInfo(records = records)]

audit = rule(implementation = _audit_impl, attrs = {"deps": attr.label_list()})

def _report_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.write(out, "\n".join(sorted(ctx.attr.dep[AuditInfo].records)))
    return [DefaultInfo(files = depset([out]))]

report = rule(implementation = _report_impl, attrs = {"dep": attr.label()})
`,
	} {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	base := filepath.Join(filepath.Dir(root), "base")
	cmd := exec.CommandContext(t.Context(), program, "verify", "--workspace", root, "--fix", "ML101", "--memory", "400m",
		"--bazel", bazeltest.Find(t), "--output-base", base, "--", "//...")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("verify: %v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	last := lines[len(lines)-1]
	if !strings.HasPrefix(last, "AuditInfo.records: ") || !strings.Contains(last, " → ") || !strings.Contains(last, " actions, all ") && !strings.Contains(last, " action, all ") {
		t.Errorf("the sentence is %q, of\n%s", last, out)
	}
	t.Log(last)
	for _, side := range []string{"before", "after"} {
		noBazelOn(t, base+"-verify-"+side)
	}
}
