// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

const events = `{"traceEvents":[
    {"cat":"build phase marker","name":"Launch"},
    {"cat":"skyfunction","name":"WORKSPACE_FILE"},
    {"cat":"general information","name":"ParallelEvaluator.eval"},
    {"cat":"Starlark user function call","name":"_impl"}
  ]
}
`

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestThin(t *testing.T) {
	t.Parallel()
	whole := zipped(t, events)
	thinned, err := thin(whole)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := unzip(thinned); err != nil || strings.Contains(got, "skyfunction") || strings.Contains(got, "ParallelEvaluator") || !strings.Contains(got, "_impl") || !strings.HasSuffix(got, "}\n") {
		t.Errorf("thin of a whole profile is %q, %v", got, err)
	}
	cut, err := thin(whole[:len(whole)-gzipTrailer-3])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := unzip(cut); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(got, "Launch") || strings.Contains(got, "skyfunction") {
		t.Errorf("thin of a cut profile is %q, %v; want it cut", got, err)
	}
	lost := whole[:10]
	if got, err := thin(lost); err != nil || !bytes.Equal(got, lost) {
		t.Errorf("thin of ten bytes is %d bytes, %v; want them as they are", len(got), err)
	}
}

func unzip(profile []byte) (string, error) {
	r, err := gzip.NewReader(bytes.NewReader(profile))
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}
