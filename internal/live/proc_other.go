// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package live

import (
	"errors"
	"fmt"
	"os"
)

const hasProc = false

func fdPath(_ string, file *os.File) string { return fmt.Sprintf("/dev/fd/%d", file.Fd()) }

func widen(*os.File) {}

func unnamed(string) (*os.File, error) { return nil, errors.ErrUnsupported }
