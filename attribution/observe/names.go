// SPDX-License-Identifier: Apache-2.0

package observe

import "strings"

// Toplevel is what the code of a file is called in a trace. Its time is
// mostly that of what it calls.
const Toplevel = "<toplevel>"

// IsBuiltin reports whether the printed file has no source that a user could
// edit: functions that Bazel implements in Java, or ships in its own binary.
func IsBuiltin(file string) bool {
	return file == "" || strings.HasPrefix(file, "<") || strings.HasPrefix(file, "/virtual_builtins_bzl/")
}
