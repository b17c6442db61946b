// SPDX-License-Identifier: Apache-2.0

//go:build slow

package stats

const (
	draws    = 10_000
	leniency = 0
)
