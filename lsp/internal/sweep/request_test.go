// SPDX-License-Identifier: Apache-2.0

package sweep

import (
	"encoding/json"
	"testing"

	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/lsp/settings"
)

// Someone who sets nothing gets the same at the command line and in the editor.
func TestSettingsAreTheDefaults(t *testing.T) {
	t.Parallel()
	r := measure.NewRequest()
	if err := lay(r, settings.Default().Sweep); err != nil {
		t.Fatal(err)
	}
	r.Args = nil // the command line must be told the targets
	want, err := json.Marshal(measure.NewRequest())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(r); err != nil || string(got) != string(want) {
		t.Errorf("the settings ask for %s, %v; the command line for %s", got, err, want)
	}
}
