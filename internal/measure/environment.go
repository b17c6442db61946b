package measure

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// stripEnvironment rewrites a file of build events, JSON lines, without the
// user's environment: Bazel writes every variable of it, secrets included, as
// --client_env options into three kinds of event. A line that is not JSON
// (the last one, of a server that died) is left out when it names the
// environment and kept otherwise. No file is no error.
func stripEnvironment(path string) (err error) {
	in, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.CreateTemp(filepath.Dir(path), ".bep-*")
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, out.Chmod(info.Mode().Perm()), out.Close()); err == nil {
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
		if _, err := w.Write(stripLine(line)); err != nil {
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

func stripLine(line []byte) []byte {
	if !bytes.Contains(line, []byte("client_env")) {
		return line
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	var event any
	if decoder.Decode(&event) != nil {
		return nil
	}
	stripped, err := json.Marshal(stripValue(event))
	if err != nil {
		return nil
	}
	return append(stripped, '\n')
}

// stripValue takes out of lists what is, or describes, a --client_env option.
func stripValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = stripValue(value)
		}
	case []any:
		kept := v[:0]
		for _, item := range v {
			if !isClientEnv(item) {
				kept = append(kept, stripValue(item))
			}
		}
		return kept
	}
	return v
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
