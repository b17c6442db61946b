// SPDX-License-Identifier: Apache-2.0

//go:build !slow

package attribution

const (
	nullWorlds       = 200
	composedDraws    = 400
	composedLeniency = 0.5 // of three standard errors, for the fewer draws
)
