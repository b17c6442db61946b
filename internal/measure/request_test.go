// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// What a request is written as is read back as the same, whatever it was laid over.
func TestRequestsGoOnAsTheyWere(t *testing.T) {
	t.Parallel()
	r := NewRequest()
	text := `{"out": "/s", "memory": "1g", "runs": "7", "warmup": 0, "mode": "nobuild,regular", "targets": "//a //b", "args": ["--config=x y"],
		"precision": 0.02, "timeout": "90s", "startup": ["--a b"], "every_call": true, "seed": 7, "heap-dumps": "", "bazel": null}`
	if err := json.Unmarshal([]byte(text), r); err == nil || !strings.Contains(err.Error(), "runs") {
		t.Fatalf("a number that is text: %v", err)
	}
	text = strings.Replace(text, `"7"`, "7", 1)
	if err := json.Unmarshal([]byte(text), r); err != nil {
		t.Fatal(err)
	}
	want := NewRequest()
	want.Out, want.Memory, want.Runs, want.Warmup, want.Modes = "/s", "1g", 7, 0, []string{"nobuild", "regular"}
	want.Args, want.Precision, want.Timeout = []string{"//a", "//b", "--config=x y"}, "0.02", 90*time.Second
	want.Startup, want.EveryCall, want.Seed = []string{"--a b"}, true, 7
	if !reflect.DeepEqual(r, want) {
		t.Errorf("read %+v\nwant %+v", r, want)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	again := &Request{Runs: 1, Warmup: 5, Modes: []string{"skymeld"}, Args: []string{"//..."}, Budget: 1, Jobs: 9, Precision: "1%"}
	if err := json.Unmarshal(raw, again); err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("%v: %s is read back as %+v", err, raw, again)
	}
	if err := json.Unmarshal([]byte(`{"memroy": "1g"}`), r); !errors.Is(err, errNoSuchOption) {
		t.Errorf("a misspelt option: %v", err)
	}
	if err := json.Unmarshal([]byte(`{"shard-index": 1}`), r); !errors.Is(err, errNoSuchOption) {
		t.Errorf("an option of the command line alone: %v", err)
	}
}
