// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/heap/filter"
	"example.invalid/starlark-memls/internal/report"
)

// An objectRequest is the part of heap's command line that asks for single objects.
type objectRequest struct {
	filter string // --objects
	listed bool   // it was given, if only as ""
	id     string // --object
	sort   string

	// What check has read of them.
	passing *filter.Filter
	object  uint64
}

const objectsShown = 20

func (r *objectRequest) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&r.filter, "objects", "", "list the live objects that a `FILTER` lets pass, such as 'type = list and length > 10000' (\"\": all)")
	f.StringVar(&r.id, "object", "", "unfold the object with this `ID`: who holds it, why it is alive, what it refers to")
	f.StringVar(&r.sort, "sort", string(heap.ByRetained), "what --objects lists first: retained, size or length")
}

func (r *objectRequest) asked() bool { return r.listed || r.id != "" }

// check says what is wrong with it.
func (r *objectRequest) check(c *cobra.Command, of *heapRequest) error {
	r.listed = c.Flags().Changed("objects")
	if !r.asked() {
		if c.Flags().Changed("sort") {
			return usagef("--sort is for --objects")
		}
		return nil
	}
	asked := "--objects"
	if r.id != "" {
		asked = "--object"
	}
	switch {
	case r.listed && r.id != "":
		return usagef("--objects and --object are two questions: ask one at a time")
	case of.root != "" || of.diff != "":
		return usagef("%s goes neither with --diff nor with --path-to-root", asked)
	case of.redact:
		return usagef("--redact is for the summary of a dump, and does not go with %s", asked)
	case of.format != "text" && of.format != "json":
		return usagef("%s goes with --format text or json", asked)
	case !slices.Contains([]string{string(heap.ByRetained), string(heap.BySize), string(heap.ByLength)}, r.sort):
		return usagef("unknown --sort %q: it is retained, size or length", r.sort)
	}
	if r.id != "" {
		var err error
		r.object, err = objectID("--object", r.id)
		return err
	}
	var err error
	if r.passing, err = filter.Parse(r.filter); err != nil {
		return usagef("--objects: %v", err)
	}
	if r.passing.Needs(filter.Preview) && !of.previews {
		return usagef("--objects asks for preview, which may show secrets: give --previews as well")
	}
	return nil
}

func objectID(flag, text string) (uint64, error) {
	id, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		return 0, usagef("%s %s: an object's ID is a number, as --format json and the findings print it", flag, text)
	}
	return id, nil
}

// run answers the question.
func (r *objectRequest) run(c *cobra.Command, of *heapRequest, path string, opts heap.OpenOptions, o report.Options, progress *heapProgress) error {
	ctx := c.Context()
	d, err := heap.Open(ctx, path, opts)
	if err != nil {
		return err
	}
	defer d.Close()
	b, err := d.Browse(ctx)
	if err != nil {
		return err
	}
	out, top := c.OutOrStdout(), cmp.Or(of.top, objectsShown)
	if r.id != "" {
		found, err := b.Inspect(ctx, r.object, heap.InspectOptions{Top: top, Previews: of.previews})
		if errors.Is(err, heap.ErrNoObject) {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err != nil {
			return err
		}
		if progress.close(); of.format == "json" {
			return report.WriteHeapObjectJSON(out, found)
		}
		return report.WriteHeapObjectText(out, found, o)
	}
	list, err := b.Objects(ctx, heap.ObjectQuery{Filter: r.passing, By: heap.Order(r.sort), Top: top, Owners: true, Previews: of.previews})
	if err != nil {
		return err
	}
	if progress.close(); of.format == "json" {
		return report.WriteHeapObjectsJSON(out, list)
	}
	return report.WriteHeapObjectsText(out, list, o)
}
