// SPDX-License-Identifier: Apache-2.0

package attach

import "os"

// tmp is the user's own temporary folder, which $TMPDIR names in a session.
func (t *target) tmp() string { return os.TempDir() }

func (t *target) requestDirs() []string { return []string{t.tmp()} }
