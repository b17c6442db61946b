// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/problems"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/starlark"
)

// formatFlag adds --format: the command's own forms, the first of them the
// default, and those of problems.
func formatFlag(c *cobra.Command, format *string, own ...string) {
	names := slices.Concat(own, problems.Names())
	c.Flags().StringVar(format, "format", own[0], listOf(names))
	completeWords(c, "format", names...)
}

// listOf is "text, json or markdown".
func listOf(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// formatOf is the writer of a --format: one of the command's own, or what
// found makes, as problems. Others are formats that the command has besides.
func formatOf[T any](own map[string]func(io.Writer, T, report.Options) error, format string, found func(T, report.Options) *problems.Set, others ...string) (func(io.Writer, T, report.Options) error, error) {
	if write, ok := own[format]; ok {
		return write, nil
	}
	f, ok := problems.FormatOf(format)
	if !ok {
		names := slices.Sorted(maps.Keys(own))
		return nil, usagef("unknown --format %q: it is %s", format, listOf(slices.Concat(names, others, problems.Names())))
	}
	return func(w io.Writer, value T, o report.Options) error {
		return f.Write(w, named(found(value, o), o))
	}, nil
}

// named is the set with who found it, and where a problem without a place is
// shown.
func named(s *problems.Set, o report.Options) *problems.Set {
	version, _ := buildVersion()
	s.Tool = problems.Tool{Name: "starlark-memls", Version: version}
	for _, name := range boundaryFiles {
		if info, err := os.Stat(filepath.Join(o.Root, name)); s.Fallback == "" && err == nil && info.Mode().IsRegular() {
			s.Fallback = name
		}
	}
	return s
}

// formatOptions are a terminal's, or, of a form for code hosts, that paths are
// relative to the repository: a host knows no workspace below it.
// root is the workspace's, "" for none; workspace what --workspace says.
func formatOptions(c *cobra.Command, format, workspace, root string) report.Options {
	var o report.Options
	switch _, ok := problems.FormatOf(format); {
	case ok:
		o.Root = repositoryRoot(root)
	case workspace == "":
		o = terminalOptions(c, "")
	default:
		o = terminalOptions(c, root)
	}
	o.Sources = root
	return o
}

func rootOf(ws *starlark.Workspace) string {
	if ws == nil {
		return ""
	}
	return ws.Root()
}

// repositoryRoot is the checkout around a folder ("": the current one): the
// nearest folder with .git, else the folder itself.
func repositoryRoot(dir string) string {
	if dir == "" {
		var err error
		if dir, err = os.Getwd(); err != nil {
			return ""
		}
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}
