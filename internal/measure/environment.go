// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/input"
)

// stripEnvironment rewrites a file of build events, JSON lines, without the
// user's environment: Bazel writes every variable of it, secrets included, as
// --client_env options into three kinds of event. The values of other flags
// that hold secrets (secrets.go) are taken out there, too, and the make
// variables that --define makes. A line that is not JSON (the last one, of a
// server that died) is left out when it may name one of them and kept
// otherwise. No file is no error.
func stripEnvironment(path string, key []byte) (err error) {
	in, err := input.Open(context.Background(), path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(path), ".bep-*")
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, out.Chmod(0o600), out.Close()); err == nil {
			err = os.Rename(out.Name(), path)
		}
		if err != nil {
			os.Remove(out.Name())
		}
	}()
	w := bufio.NewWriter(out)
	r := bufio.NewReaderSize(in, 1<<20)
	for {
		line, readErr := r.ReadBytes('\n')
		if _, err := w.Write(stripLine(line, key)); err != nil {
			return err
		}
		if readErr == io.EOF {
			return w.Flush()
		}
		if readErr != nil {
			return fmt.Errorf("reading %s: %w", path, readErr)
		}
	}
}

// suspicious are the words without which a line holds no secret.
var suspicious = [][]byte{[]byte("_env"), []byte("_header"), []byte("define"), []byte("build_metadata"), []byte("makeVariable")}

func stripLine(line, key []byte) []byte {
	named := slices.ContainsFunc(suspicious, func(word []byte) bool { return bytes.Contains(line, word) })
	if !named && !userInURL.Match(line) {
		return line
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	var event any
	if decoder.Decode(&event) != nil {
		return nil
	}
	before, err := json.Marshal(event)
	if err != nil {
		return nil
	}
	stripped, err := json.Marshal(stripValue(event, key))
	if err != nil {
		return nil
	}
	if bytes.Equal(before, stripped) {
		return line // as Bazel wrote it
	}
	return append(stripped, '\n')
}

// stripValue takes out of lists what is, or describes, a --client_env option,
// and the values of other options.
func stripValue(v any, key []byte) any {
	switch v := v.(type) {
	case string:
		return hideIn(v, key)
	case map[string]any:
		stripOption(v, key)
		for name, value := range v {
			if variables, ok := value.(map[string]any); ok && name == "makeVariable" {
				stripVariables(variables, key)
				continue
			}
			v[name] = stripValue(value, key)
		}
	case []any:
		kept := v[:0]
		after := false // a flag that has its value in this word
		for _, item := range v {
			text, isText := item.(string)
			switch {
			case isClientEnv(item):
				continue
			case after && isText:
				item = hideValue(text, key)
			default:
				item = stripValue(item, key)
			}
			after = isText && !after && secretFlag.MatchString(text) && !strings.Contains(text, "=")
			kept = append(kept, item)
		}
		return kept
	}
	return v
}

// stripOption takes the value out of {"optionName": "action_env",
// "optionValue": "NAME=VALUE", …}.
func stripOption(option map[string]any, key []byte) {
	name, _ := option["optionName"].(string)
	if value, ok := option["optionValue"].(string); ok && secretFlag.MatchString("--"+name) {
		option["optionValue"] = hideValue(value, key)
	}
}

// ownVariables are the make variables that Bazel sets by itself.
var ownVariables = []string{"COMPILATION_MODE", "TARGET_CPU", "BINDIR", "GENDIR", "STACK_FRAME_UNLIMITED", "ABI", "CC_FLAGS"}

func stripVariables(variables map[string]any, key []byte) {
	for name, value := range variables {
		if text, ok := value.(string); ok && !slices.Contains(ownVariables, name) {
			variables[name] = hide(text, key)
		}
	}
}

func isClientEnv(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.HasPrefix(v, "--client_env")
	case map[string]any:
		return v["optionName"] == "client_env"
	}
	return false
}
