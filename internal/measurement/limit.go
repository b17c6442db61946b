// SPDX-License-Identifier: Apache-2.0

package measurement

import "fmt"

// A Limit is a memory limit of a build, -Xmx, in bytes.
type Limit int64

// String writes a limit as -Xmx and a folder's name have it: in the largest unit
// that loses nothing, but in megabytes up to ten gigabytes, so that the folders
// of a series are alike.
func (l Limit) String() string {
	switch {
	case l%(1<<30) == 0 && l >= 10<<30:
		return fmt.Sprintf("%dg", l>>30)
	case l%(1<<20) == 0:
		return fmt.Sprintf("%dm", l>>20)
	case l%(1<<10) == 0:
		return fmt.Sprintf("%dk", l>>10)
	}
	return fmt.Sprint(int64(l))
}
