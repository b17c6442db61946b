// SPDX-License-Identifier: Apache-2.0

// Package lint finds, in the sources alone, what makes a Bazel server's heap
// grow: values that every target copies from the targets below it, or makes
// again though they are the same for all.
//
// A check (package checks, one file each) asks the flow of values (package
// flow) for what it is about and reports findings. A finding is Certain where
// what it says follows from the sources whatever the build; the others depend
// on amounts that only a measurement knows, and are shown with evidence alone
// (Weigh): ranked by the bytes that were measured where they point, silent where
// those are few.
package lint
