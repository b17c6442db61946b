// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"example.invalid/starlark-memls/internal/input"
)

// Flags that hand secrets to Bazel: variables of the environment, make
// variables and the headers of remote services. What a measurement keeps of a
// command line has their names, and in the place of each value a keyed hash:
// enough to see that a sweep is resumed with the same command, useless to
// whoever gets the folder. The key never leaves the user's cache.

// secretFlag is a flag with such a value, "--name" or "--name=…".
var secretFlag = regexp.MustCompile(`^--(client_env|action_env|test_env|host_action_env|repo_env|repository_env|define|build_metadata|[a-z_]*_header)(=|$)`)

// userInURL is what stands before the host of a URL.
var userInURL = regexp.MustCompile(`([a-z][a-z0-9+.-]*://)([^/@\s"]+)@`)

// hidden is a value that was taken out.
var hidden = regexp.MustCompile(`\(hidden(?: [0-9a-f]{16})?\)`)

// withoutSecrets is a command line with the values of such flags taken out. It
// leaves what is hidden already as it is.
func withoutSecrets(args []string, key []byte) []string {
	clean := make([]string, len(args))
	value := false // the flag before has its value in this word
	for i, arg := range args {
		switch {
		case value:
			clean[i], value = hideValue(arg, key), false
		default:
			clean[i] = hideIn(arg, key)
			value = secretFlag.MatchString(arg) && !strings.Contains(arg, "=")
		}
	}
	return clean
}

// hideIn takes the secret out of one word of a command line.
func hideIn(arg string, key []byte) string {
	if secretFlag.MatchString(arg) {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return arg
		}
		return name + "=" + hideValue(value, key)
	}
	return userInURL.ReplaceAllStringFunc(arg, func(found string) string {
		scheme, user, _ := strings.Cut(found, "://")
		return scheme + "://" + hide(strings.TrimSuffix(user, "@"), key) + "@"
	})
}

// hideValue takes VALUE out of NAME=VALUE; a name alone takes its value from
// the environment and is no secret.
func hideValue(text string, key []byte) string {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return text
	}
	return name + "=" + hide(value, key)
}

func hide(value string, key []byte) string {
	if value == "" || hidden.MatchString(value) {
		return value
	}
	if key == nil {
		return "(hidden)"
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(value)) // never fails
	return "(hidden " + hex.EncodeToString(mac.Sum(nil)[:8]) + ")"
}

// sameCommand reports whether a recorded command line and a given one are the
// same, as far as can be told: values that were hidden by another user's key
// are not compared.
func sameCommand(recorded, given []string, key []byte) bool {
	recorded, given = withoutSecrets(recorded, key), withoutSecrets(given, key)
	if len(recorded) != len(given) {
		return false
	}
	for i := range recorded {
		if recorded[i] != given[i] && (key != nil || hidden.ReplaceAllString(recorded[i], "") != hidden.ReplaceAllString(given[i], "")) {
			return false
		}
	}
	return true
}

const keyBytes = 32

// secretKey is the user's key, made at the first need; nil where there is no
// place to keep one, and hashes would compare with nothing.
func secretKey() []byte {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	path := filepath.Join(cache, "starlark-memls", "sweep-key")
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key
	}
	made := make([]byte, keyBytes)
	_, _ = rand.Read(made) // never fails
	if os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return nil
	}
	// Under a name of its own first: another sweep may do the same now, and
	// must see a whole key or none. Who comes second takes the first's.
	f, err := os.CreateTemp(filepath.Dir(path), ".sweep-key-*")
	if err != nil {
		return nil
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(made); errors.Join(err, f.Close()) != nil {
		return nil
	}
	_ = os.Link(f.Name(), path)
	key, _ = readKey(path)
	return key
}

func readKey(path string) ([]byte, error) {
	key, err := input.ReadFile(context.Background(), path, keyBytes)
	if err != nil || len(key) != keyBytes {
		return nil, err
	}
	return key, nil
}
