// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/plain"
	"example.invalid/starlark-memls/starlark"
)

func newIndex() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:     "index [DIR]",
		Short:   "List every definition in the workspace",
		GroupID: "look",
		Long: `List the functions, rules, aspects, macros, providers and targets of the
workspace's sources: as text one a line, FILE:LINE:COL: kind name, with the
function behind a rule or an aspect.

In JSON, "candidates" are all functions that an implementation may be, where a
factory or a condition leaves several, and "classes" all rules that a target may be
of, where a condition that is not known decides.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			write, ok := map[string]func(io.Writer, *starlark.Workspace) error{
				"text": writeIndexText, "json": writeIndexJSON,
			}[format]
			if !ok {
				return usagef("unknown --format %q: it is text or json", format)
			}
			named := ""
			if len(args) == 1 {
				named = args[0]
			}
			root, err := findRoot(named)
			if err != nil {
				return err
			}
			ws, err := loadWorkspace(c.Context(), root, "")
			if err != nil {
				return err
			}
			for _, p := range ws.Problems() {
				fmt.Fprintln(c.ErrOrStderr(), "starlark-memls: "+p.String())
			}
			return write(c.OutOrStdout(), ws)
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	completeWords(c, "format", "text", "json")
	return c
}

func writeIndexText(w io.Writer, ws *starlark.Workspace) error {
	out := bufio.NewWriter(w)
	for d := range ws.Definitions() {
		fmt.Fprintf(out, "%s:%d:%d: %s %s", plain.Path(ws.Rel(d.File)), d.NameRange.Start.Line, d.NameRange.Start.Column, d.Kind, d.Name)
		if i := d.Implementation; i != nil {
			fmt.Fprintf(out, " -> %s (%s:%d)", i.Name, plain.Path(ws.Rel(i.File)), i.Range.Start.Line)
			for _, c := range d.Candidates {
				if c != i {
					fmt.Fprintf(out, " or %s (%s:%d)", c.Name, plain.Path(ws.Rel(c.File)), c.Range.Start.Line)
				}
			}
		}
		if d.Class != "" {
			fmt.Fprintf(out, " = %s", strings.Join(classes(d), " or "))
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

// classes are those that a target is, or may be, of.
func classes(d *starlark.Definition) []string {
	if len(d.Classes) > 0 {
		return d.Classes
	}
	return []string{d.Class}
}

// indexEntry is a definition in `index --format json`.
type indexEntry struct {
	Name           string      `json:"name"`
	Kind           string      `json:"kind"`
	File           string      `json:"file"`
	Line           int         `json:"line"`
	Column         int         `json:"column"`
	EndLine        int         `json:"end_line"`
	Enclosing      string      `json:"enclosing,omitempty"`
	Implementation *indexPlace `json:"implementation,omitempty"`
	// Candidates are all that the implementation may be, where it is not one.
	Candidates []*indexPlace `json:"candidates,omitempty"`
	Class      string        `json:"class,omitempty"`
	// Classes are all that a target may be of, where it is not one.
	Classes []string    `json:"classes,omitempty"`
	MadeBy  *indexPlace `json:"made_by,omitempty"`
}

type indexPlace struct {
	Name string `json:"name"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// writeIndexJSON writes one object with the definitions in order.
func writeIndexJSON(w io.Writer, ws *starlark.Workspace) error {
	place := func(d *starlark.Definition) *indexPlace {
		if d == nil {
			return nil
		}
		return &indexPlace{d.Name, ws.Rel(d.File), d.Range.Start.Line}
	}
	document := struct {
		Schema      int          `json:"schema"`
		Root        string       `json:"root"`
		Definitions []indexEntry `json:"definitions"`
	}{Schema: 1, Root: ws.Root(), Definitions: []indexEntry{}}
	for d := range ws.Definitions() {
		e := indexEntry{
			Name: d.Name, Kind: string(d.Kind), File: ws.Rel(d.File),
			Line: d.NameRange.Start.Line, Column: d.NameRange.Start.Column, EndLine: d.Range.End.Line,
			Implementation: place(d.Implementation), Class: d.Class, Classes: d.Classes, MadeBy: place(d.MadeBy),
		}
		for _, c := range d.Candidates {
			e.Candidates = append(e.Candidates, place(c))
		}
		if d.Enclosing != nil {
			e.Enclosing = d.Enclosing.Name
		}
		document.Definitions = append(document.Definitions, e)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(document)
}
