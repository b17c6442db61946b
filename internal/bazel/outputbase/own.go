// SPDX-License-Identifier: Apache-2.0

package outputbase

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Whose an output base is. A repository can carry a whole output base, with a
// link to it and a DO_NOT_BUILD_HERE that names whatever place it is cloned to
// by way of /proc/self/cwd. Believed, it would show a crash that never was, and
// have every reader opened unasked. So one that the repository names is not
// taken from within the repository itself, and what DO_NOT_BUILD_HERE says is
// not followed through links that lead to another place for each process.

// ofRepository reports whether a candidate that only the repository itself
// names lies in the repository.
func (c candidate) ofRepository(root string) bool {
	return c.fromRepository && within(resolved(c.Dir), resolved(root))
}

// within reports whether path is dir or lies below it.
func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

var errMagic = errors.New("leads to another place for each process")

// maxLinks bounds a chain of links, as the kernel does.
const maxLinks = 40

// plainly resolves the links of an absolute path without going through /proc or
// /dev, where links lead to what a process has open.
func plainly(path string) (string, error) {
	if !filepath.IsAbs(path) {
		return "", errors.New("is not an absolute path")
	}
	rest := strings.Split(strings.TrimPrefix(filepath.ToSlash(filepath.Clean(path)), "/"), "/")
	at, links := "/", 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		at = filepath.Join(at, name)
		if at == "/proc" || at == "/dev" {
			return "", errMagic
		}
		info, err := os.Lstat(at)
		if err != nil {
			return "", err
		}
		if info.Mode()&os.ModeSymlink == 0 {
			continue
		}
		if links++; links > maxLinks {
			return "", errMagic
		}
		target, err := os.Readlink(at)
		if err != nil {
			return "", err
		}
		rest = append(strings.Split(filepath.ToSlash(target), "/"), rest...)
		if at = filepath.Dir(at); filepath.IsAbs(target) {
			at = "/"
		}
	}
	return at, nil
}

// names reports whether what DO_NOT_BUILD_HERE says is the workspace at root.
func names(goos, said, root string) bool {
	if goos == "windows" {
		return samePath(goos, said, root)
	}
	if filepath.Clean(said) == filepath.Clean(root) {
		return !strings.HasPrefix(filepath.Clean(said), "/proc/")
	}
	real, err := plainly(said)
	if err != nil {
		// A workspace that is gone is compared by name.
		return errors.Is(err, os.ErrNotExist) && filepath.Clean(said) == resolved(root)
	}
	return real == resolved(root)
}
