// SPDX-License-Identifier: Apache-2.0

//go:build slow

package realtest

// runs is how often each kind of crash is made.
const runs = 10
