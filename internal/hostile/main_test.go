// SPDX-License-Identifier: Apache-2.0

//go:build unix

package hostile

import (
	"os"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// program is the binary under test.
var program string

func TestMain(m *testing.M) { os.Exit(bazeltest.MainWithProgram(m, &program)) }
