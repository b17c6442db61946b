// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin

package attach

import "context"

// Dial fails on this system.
func (p Process) Dial(context.Context) (*Conn, error) { return nil, ErrPlatform }
