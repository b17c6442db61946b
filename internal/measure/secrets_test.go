// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// secretive is a command line with a secret in each place that takes one.
var secretive = []string{
	"bazel", "build", "--action_env=TOKEN=hunter2", "--test_env", "TOKEN=hunter2", "--host_action_env=A=hunter2",
	"--repo_env=A=hunter2", "--define=key=hunter2", "--define", "key=hunter2", "--remote_header=x-api-key=hunter2",
	"--bes_header=Authorization=Bearer hunter2", "--remote_cache_header", "x=hunter2", "--client_env=X=hunter2",
	"--bes_backend=grpcs://user:hunter2@bes.example", "--action_env=PATH", "--jobs=3", "//x:y",
}

func TestWithoutSecrets(t *testing.T) {
	t.Parallel()
	got := withoutSecrets(secretive, []byte("key"))
	text := strings.Join(got, " ")
	if strings.Contains(text, "hunter2") {
		t.Errorf("a secret is still there: %s", text)
	}
	for _, kept := range []string{"--action_env=TOKEN=(hidden ", "--test_env TOKEN=(hidden ", "--define=key=(hidden ",
		"--remote_header=x-api-key=(hidden ", "--bes_backend=grpcs://(hidden ", "@bes.example", "--action_env=PATH --jobs=3 //x:y"} {
		if !strings.Contains(text, kept) {
			t.Errorf("%s lacks %q", text, kept)
		}
	}
	if again := withoutSecrets(got, []byte("key")); !slices.Equal(again, got) {
		t.Errorf("not the same when done twice:\n%q\n%q", got, again)
	}
}

func TestSameCommand(t *testing.T) {
	t.Parallel()
	key := []byte("key")
	recorded := withoutSecrets(secretive, key)
	other := slices.Clone(secretive)
	other[2] = "--action_env=TOKEN=hunter3"
	for name, test := range map[string]struct {
		recorded, given []string
		key             []byte
		want            bool
	}{
		"the same":                     {recorded, secretive, key, true},
		"another secret":               {recorded, other, key, false},
		"recorded by an older program": {secretive, secretive, key, true},
		"another secret, but no key":   {recorded, other, nil, true},
		"another word, no key":         {recorded, append(slices.Clone(secretive[:len(secretive)-1]), "//x:z"), nil, false},
		"one word less":                {recorded, secretive[1:], key, false},
	} {
		if got := sameCommand(test.recorded, test.given, test.key); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}

// TestStripSecrets takes the secrets of every flag out of each shape that
// build events have them in.
func TestStripSecrets(t *testing.T) {
	t.Parallel()
	args, err := json.Marshal(secretive)
	if err != nil {
		t.Fatal(err)
	}
	options := `[{"combinedForm":"--remote_header\u003dx\u003dhunter2","optionName":"remote_header","optionValue":"x\u003dhunter2"}]`
	got := stripped(t, `{"id":{"optionsParsed":{}},"optionsParsed":{"cmdLine":`+string(args)+`,"explicitCmdLine":`+string(args)+`}}
{"id":{"structuredCommandLine":{}},"structuredCommandLine":{"sections":[{"optionList":{"option":`+options+`}}]}}
{"id":{"configuration":{"id":"x"}},"configuration":{"mnemonic":"k8","makeVariable":{"COMPILATION_MODE":"fastbuild","key":"hunter2"}}}
{"id":{"progress":{}},"progress":{"stderr":"fetching https://user:hunter2@example.com/x"}}
`)
	if strings.Contains(got, "hunter2") {
		t.Errorf("a secret is still there:\n%s", got)
	}
	for _, kept := range []string{`"--jobs=3"`, `"optionName":"remote_header"`, `"COMPILATION_MODE":"fastbuild"`, "@example.com/x"} {
		if !strings.Contains(got, kept) {
			t.Errorf("%s is gone:\n%s", kept, got)
		}
	}
}
