// SPDX-License-Identifier: Apache-2.0

//go:build !slow

package stats

const (
	draws    = 1000
	leniency = 0.5 // of three standard errors, for the fewer draws
)
