// SPDX-License-Identifier: Apache-2.0

//go:build linux

package live

import (
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/jvmtest"
)

// TestRecorder: a recording ends with the command, or when the server is dying,
// and is told of once.
func TestRecorder(t *testing.T) {
	t.Parallel()
	p, s := running(t, jvmtest.All(t)[0], 4, jvmtest.Recorder(t))
	for _, dying := range []bool{false, true} {
		var told []error
		dir := t.TempDir()
		r := &Recorder{Path: filepath.Join(dir, "recording.jfr"), Dir: filepath.Join(dir, "private"), Done: func(err error) { told = append(told, err) }}
		r.Found(t.Context(), s)
		r.work.Wait() // until it records
		p.Tell(t, "hold 20")
		p.Tell(t, "drop")
		if dying {
			r.Show(t.Context(), gauge.Reading{State: gauge.Dying})
			r.Show(t.Context(), gauge.Reading{State: gauge.Dying})
			r.work.Wait()
		}
		r.End(t.Context())
		if len(told) != 1 || told[0] != nil {
			t.Errorf("dying %v: told %v", dying, told)
		}
		if info, err := os.Stat(r.Path); err != nil || info.Size() == 0 {
			t.Errorf("dying %v: no recording: %v", dying, err)
		}
		empty(t, r.Dir)
	}
	// Nobody waits for a recording that never began.
	never := &Recorder{Done: func(err error) { t.Errorf("told %v", err) }}
	never.End(t.Context())
	never.Found(t.Context(), s)
	never.work.Wait()
	p.Alive(t)
}
