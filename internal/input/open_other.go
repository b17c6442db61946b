// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package input

import (
	"context"
	"io/fs"
	"os"
)

// dontWait has no meaning here: what could make an open wait has a name of its
// own kind (\\.\pipe\…) that no folder holds.
const dontWait = 0

func awaitWriter(ctx context.Context, _ *os.File, _ fs.FileMode) error { return ctx.Err() }
