// Package examples carries the example workspace and its recorded
// measurements in the binary, so that `starlark-memls demo` needs nothing
// else.
package examples

import (
	"embed"
	"io/fs"
)

//go:embed all:memory-eater
var files embed.FS

// MemoryEater is the workspace in examples/memory-eater, with recordings of
// real crashes below measurements/.
func MemoryEater() fs.FS {
	sub, err := fs.Sub(files, "memory-eater")
	if err != nil {
		panic(err) // the name above is wrong: a fault of the source
	}
	return sub
}
