// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/quantity"
)

// WriteHeapObjectsText writes objects as a table.
func WriteHeapObjectsText(w io.Writer, l *heap.ObjectList, o Options) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s, %s without what they refer to", quantity.Count(int(l.Matched), "object matches", "objects match"), quantity.Bytes(l.ShallowBytes))
	if n := len(l.Objects); l.More {
		fmt.Fprintf(out, "; the first %d", n)
	}
	fmt.Fprintln(out)
	writeObjects(out, "held by", l.Objects, func(i int) string { return objectHolder(l.Objects[i], o) })
	return out.Flush()
}

// writeObjects writes a table of objects with a column of the caller's. Columns
// that nobody asked for are left out.
func writeObjects(out io.Writer, column string, objects []heap.Object, cell func(i int) string) {
	if len(objects) == 0 {
		return
	}
	retained := slices.ContainsFunc(objects, func(o heap.Object) bool { return o.RetainedBytes != nil })
	head := []string{"size", "length", "type", "object", column}
	if retained {
		head = append([]string{"retained"}, head...)
	}
	rows := [][]string{head}
	for i, o := range objects {
		length := ""
		if o.Length != nil {
			length = strconv.FormatInt(*o.Length, 10)
		}
		row := []string{quantity.Bytes(o.ShallowBytes), length, printable(o.Type), fmt.Sprintf("%#x", o.ID), cell(i)}
		if retained {
			row = append([]string{retainedText(o)}, row...)
		}
		if o.Preview != "" {
			row[len(row)-1] = strings.TrimSpace(row[len(row)-1] + "  " + printable(o.Preview))
		}
		rows = append(rows, row)
	}
	right := 2
	if retained {
		right = 3
	}
	for _, l := range columns(rows, func(column int) bool { return column < right }) {
		fmt.Fprintf(out, "  %s\n", l)
	}
}

func retainedText(o heap.Object) string {
	if o.RetainedBytes == nil {
		return ""
	}
	return quantity.Bytes(*o.RetainedBytes)
}

// objectHolder is who holds an object, as closely as is known in two names.
func objectHolder(o heap.Object, opts Options) string {
	var names []string
	nobody := ""
	for _, name := range []string{o.Target, o.Provider, cmp.Or(o.Function, o.Rule)} {
		if words, ok := holderWords[name]; ok {
			nobody = cmp.Or(nobody, words)
		} else if name != "" {
			names = append(names, printable(opts.placesIn(name)))
		}
	}
	if len(names) == 0 {
		return nobody
	}
	return strings.Join(names[:min(len(names), 2)], ", ")
}

var holderWords = map[string]string{heap.KindBazel: "Bazel itself", heap.KindShared: "several", heap.KindThreads: "threads' stacks alone"}

// WriteHeapObjectsJSON writes objects as JSON.
func WriteHeapObjectsJSON(w io.Writer, l *heap.ObjectList) error {
	return encodeIndented(w, struct {
		Schema int `json:"schema"`
		*heap.ObjectList
	}{Schema, l})
}

// WriteHeapObjectText writes one object with its neighbours.
func WriteHeapObjectText(w io.Writer, i *heap.Inspection, o Options) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s, object %#x\n", printable(i.Type), i.ID)
	say := func(name, value string) {
		if value != "" {
			fmt.Fprintf(out, "  %-10s %s\n", name, value)
		}
	}
	say("class", printable(i.Class))
	if i.Length != nil {
		say("length", strconv.FormatInt(*i.Length, 10))
	}
	say("size", quantity.Bytes(i.ShallowBytes))
	say("retained", retainedText(i.Object))
	say("held", i.Held)
	for _, of := range []struct{ name, value string }{{"target", i.Target}, {"rule", i.Rule}, {"function", i.Function}, {"provider", i.Provider}} {
		if words, ok := holderWords[of.value]; ok {
			of.value = words
		}
		say(of.name, printable(o.placesIn(of.value)))
	}
	say("value", printable(i.Preview))
	if d := i.Dominator; d != nil {
		say("dominator", fmt.Sprintf("%s, object %#x, retains %s", printable(d.Type), d.ID, retainedText(*d)))
	} else if i.RetainedBytes != nil {
		say("dominator", "none: no single object keeps it alive")
	}
	if i.Alive != nil {
		fmt.Fprintln(out, "\nWhy it is alive")
		if err := WriteHeapPathText(out, i.Alive); err != nil {
			return err
		}
	}
	if len(i.References) > 0 {
		fmt.Fprintln(out, "\nRefers to")
		writeReferences(out, i.References)
		if i.NextReference > 0 {
			fmt.Fprintln(out, "  and more")
		}
	}
	if len(i.Referrers) > 0 {
		fmt.Fprintln(out, "\nReferred to by")
		writeReferences(out, i.Referrers)
		if left := i.ReferrerCount - int64(len(i.Referrers)); left > 0 {
			fmt.Fprintf(out, "  and %d more\n", left)
		}
	}
	return out.Flush()
}

func writeReferences(out io.Writer, refs []heap.Reference) {
	objects := make([]heap.Object, len(refs))
	for i, r := range refs {
		objects[i] = r.Object
	}
	writeObjects(out, "through", objects, func(i int) string { return printable(refs[i].Through) })
}

// WriteHeapObjectJSON writes one object with its neighbours as JSON.
func WriteHeapObjectJSON(w io.Writer, i *heap.Inspection) error {
	return encodeIndented(w, struct {
		Schema int `json:"schema"`
		*heap.Inspection
	}{Schema, i})
}
