// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/filecache"
)

// The words in which the command line and the editor ask for a sweep.

// ParsePrecision reads a share between 0 and 1, as 5% or 0.05.
func ParsePrecision(text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share > 0 && share < 1) {
		return 0, fmt.Errorf("precision %q: a share such as 5%% or 0.05", text)
	}
	return share, nil
}

// OwnOutputBase is the folder in a cache in which the sweeps of a workspace,
// given by its absolute path, have their output bases: always the same one, so
// that what it has fetched is there the next time.
func OwnOutputBase(cache, workspace string) string {
	return filepath.Join(cache, "sweep", filecache.Key(workspace))
}

// LimitStep is what a search rounds limits to, in bytes.
const LimitStep = 1 << 20
