// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin

package process

// Read fails: what is needed is not told by this system.
func Read(int) (Info, error) { return Info{}, ErrPlatform }
