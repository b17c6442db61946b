// SPDX-License-Identifier: Apache-2.0

// Package wire is the connection to one client: how its messages are dispatched,
// cancelled and guarded, and how something is told or asked without being asked.
package wire
