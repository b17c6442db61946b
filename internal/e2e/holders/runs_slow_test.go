// SPDX-License-Identifier: Apache-2.0

//go:build slow

package holders

// runs is how often each is made; targets are those that are, all if none.
const runs = 5

var targets map[string]bool
