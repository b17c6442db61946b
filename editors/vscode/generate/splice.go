// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// splice replaces one value in a JSON text and leaves every other byte as it
// is, so that the rest of package.json stays in its author's hands and order.
// The value must be there already; path is dotted.
func splice(text []byte, path string, value any) ([]byte, error) {
	start, end, err := find(text, strings.Split(path, "."))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(indentation(text, start), "  ")
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	out := append([]byte{}, text[:start]...)
	out = append(out, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
	return append(out, text[end:]...), nil
}

// indentation is that of the line that an offset is on.
func indentation(text []byte, at int) string {
	line := text[bytes.LastIndexByte(text[:at], '\n')+1 : at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// find returns where a value begins and ends.
func find(text []byte, path []string) (start, end int, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	for _, name := range path {
		if err := enter(d, name); err != nil {
			return 0, 0, err
		}
	}
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return 0, 0, err
	}
	end = int(d.InputOffset())
	return end - len(value), end, nil
}

// enter reads up to the value of a field of the object that comes next.
func enter(d *json.Decoder, name string) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return fmt.Errorf("%v where an object with %q should be", t, name)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if key == name {
			return nil
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	return fmt.Errorf("there is no %q: %w", name, io.ErrUnexpectedEOF)
}
