// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"strings"
)

// A signature groups crashes, from coarse to fine, so that a group can be split
// and joined:
//
//	v1/<kind>/<culprit>/<what>/<stack>
//
// The culprit has no line, because lines move. A part that is not known is "?",
// and a slash within a part is as it is in a label: signatures are compared by
// their beginnings and not taken apart.

// SignatureVersion begins every signature. What a part is made from changes
// only with it, so that a group stays one while the program changes.
const SignatureVersion = "v1"

const unknown = "?"

// signatures are the four, coarse to fine.
func signatures(kind, culprit, what, stack string) (byKind, byCulprit, byWhat, byStack string) {
	or := func(text string) string {
		if text == "" {
			return unknown
		}
		return text
	}
	byKind = SignatureVersion + "/" + or(kind)
	byCulprit = byKind + "/" + or(culprit)
	byWhat = byCulprit + "/" + or(what)
	return byKind, byCulprit, byWhat, byWhat + "/" + or(stack)
}

// canonical is a function as @repo//pkg:file.bzl%name: file is relative to the
// workspace, or holds an external repository's folder somewhere, as Bazel prints
// it. A path of the machine that is neither leaves its file's own name. The
// package is the file's folder: which one it is by its BUILD files moves with
// them.
func canonical(file, name string) string {
	file = strings.ReplaceAll(file, `\`, "/")
	if file == "" {
		return unknown + "%" + name
	}
	label := ""
	if _, rest, ok := strings.Cut("/"+file, "/external/"); ok {
		repository, rest, ok := strings.Cut(rest, "/")
		if !ok {
			rest = repository
		}
		label = "@" + withoutVersion(repository) + "//" + labelled(rest)
	} else if isAbsolute(file) {
		label = "@?//:" + path.Base(file) // another checkout, or nowhere
	} else {
		label = "@//" + labelled(path.Clean(file))
	}
	return label + "%" + name
}

func isAbsolute(file string) bool {
	return strings.HasPrefix(file, "/") || len(file) > 1 && file[1] == ':' || strings.HasPrefix(file, "../") || strings.HasPrefix(file, "~")
}

// labelled is "pkg:file.bzl" of "pkg/file.bzl".
func labelled(file string) string {
	dir, base := path.Split(file)
	return strings.TrimSuffix(dir, "/") + ":" + base
}

// version is what Bazel 6 to 8 append to a module's name: "rules_cc~0.0.9",
// "rules_cc~", "rules_cc+".
var version = regexp.MustCompile(`[~+].*$`)

func withoutVersion(repository string) string {
	if short := version.ReplaceAllString(repository, ""); short != "" {
		return short
	}
	return repository
}

// A signatureFrame is a function on a stack.
type signatureFrame struct{ file, function string }

// libraries are repositories whose helpers are on everybody's stacks.
var libraries = []string{"@bazel_skylib//", "@bazel_features//"}

// stackHash is the stack's shape: its functions without lines, without those of
// libraries, and without repeats, which recursion and the depth of a graph make.
func stackHash(frames []signatureFrame) string {
	sum := sha256.New()
	seen := map[string]bool{}
	for _, f := range frames {
		at := canonical(f.file, f.function)
		library := false
		for _, l := range libraries {
			library = library || strings.HasPrefix(at, l)
		}
		if !library && !seen[at] {
			seen[at] = true
			sum.Write([]byte(at + "\n"))
		}
	}
	if len(seen) == 0 {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}
