// SPDX-License-Identifier: Apache-2.0

// Package paths is how documents and sources are named: URIs as clients spell
// them, and paths as the starlark package has them.
package paths
