// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"bytes"
	"context"
	"io"

	"example.invalid/starlark-memls/internal/input"
)

// ProfileClosed reports whether a trace profile was written to its end. Bazel
// closes it when a command is through, so it witnesses an end that the server
// did not come to log.
func ProfileClosed(ctx context.Context, path string) bool {
	file, err := input.Open(ctx, path)
	if err != nil {
		return false
	}
	defer file.Close()
	source, err := Inflated(file)
	if err != nil {
		return false
	}
	var end tail
	if n, err := io.Copy(&end, io.LimitReader(source, maxPprofBytes)); err != nil || n == 0 {
		return false
	}
	text := bytes.Join(bytes.Fields(end), nil)
	return bytes.HasSuffix(text, []byte("]}"))
}

// tail keeps the last bytes written to it.
type tail []byte

func (t *tail) Write(data []byte) (int, error) {
	const kept = 64
	*t = append(*t, data[max(0, len(data)-kept):]...)
	*t = (*t)[max(0, len(*t)-kept):]
	return len(data), nil
}
