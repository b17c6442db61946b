// SPDX-License-Identifier: Apache-2.0

//go:build e2e && !slow

package holders

// runs is how often each is made; targets are those that are, all if none.
const runs = 1

var targets = map[string]bool{"//straw": true, "@pins//:all": true}
