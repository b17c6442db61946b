// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/codes"
)

func TestSettingsTableIsSound(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, row := range Table() {
		if seen[row.Key] || !strings.HasPrefix(row.Key, Section+".") {
			t.Errorf("the key %s comes twice, or has no section", row.Key)
		}
		seen[row.Key] = true
		if row.Doc == "" || !strings.HasSuffix(row.Doc, ".") {
			t.Errorf("%s is not documented in sentences: %q", row.Key, row.Doc)
		}
		if (row.set == nil) != row.EditorOnly {
			t.Errorf("%s is read by nobody, or by both", row.Key)
		}
		if got := schemaType(row.Default); got != row.Type && !(got == "integer" && row.Type == "number") {
			t.Errorf("%s is said to be a %s and its default is a %s", row.Key, row.Type, got)
		}
		if row.set == nil {
			continue
		}
		// Each row sets a field of its own: another value changes the settings.
		s, d := Default(), Default()
		if err := row.set(&s, otherValue(row)); err != nil {
			t.Errorf("%s does not take %s: %v", row.Key, otherValue(row), err)
		} else if reflect.DeepEqual(s, d) {
			t.Errorf("%s sets nothing", row.Key)
		}
		if err := row.set(&s, json.RawMessage(`{"no": ["such"]}`)); err == nil {
			t.Errorf("%s takes nonsense", row.Key)
		}
	}
}

func schemaType(v any) string {
	switch reflect.TypeOf(v).Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Float64:
		return "number"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.String:
		return "string"
	case reflect.Slice:
		return "array"
	default:
		return "object"
	}
}

func otherValue(row Setting) json.RawMessage {
	switch row.Type {
	case "boolean":
		raw, _ := json.Marshal(row.Default != true)
		return raw
	case "number", "integer":
		return json.RawMessage("7")
	case "string":
		if len(row.Enum) > 0 {
			raw, _ := json.Marshal(row.Enum[len(row.Enum)-1])
			return raw
		}
		return json.RawMessage(`"x"`)
	case "array":
		return json.RawMessage(`["x"]`)
	default:
		return json.RawMessage(`{"ML001": "hint"}`)
	}
}

func TestSettingsInEveryForm(t *testing.T) {
	t.Parallel()
	for _, given := range []string{
		`{"codeLens": {"enable": false}}`,
		`{"codeLens.enable": false}`,
		`{"starlarkMemls": {"codeLens": {"enable": false}}}`,
		`{"starlarkMemls.codeLens.enable": false}`,
		`{"starlarkMemls": {"codeLens.enable": false}, "other": 1}`,
		`{"starlarkMemls.codeLens": {"enable": false}}`,
	} {
		s, problems := From(json.RawMessage(given), true)
		if s.CodeLens || len(problems) > 0 {
			t.Errorf("%s: lens %t, %v", given, s.CodeLens, problems)
		}
	}
	for _, given := range []string{``, `null`, `{}`, `{"unknown": true}`, `{"codeLens": null}`, `{"codeLens": {"enable": null}}`} {
		s, problems := From(json.RawMessage(given), true)
		if !reflect.DeepEqual(s, Default()) || len(problems) > 0 {
			t.Errorf("%q is not the defaults: %v", given, problems)
		}
	}
	for given, word := range map[string]string{
		`[1]`:                                              "not a JSON object",
		`{"codeLens.enable": "yes"}`:                       "codeLens.enable",
		`{"autoDetect.pollSeconds": 0}`:                    "from 1",
		`{"autoDetect.pollSeconds": 1.5}`:                  "whole number",
		`{"diagnostics.severity": {"ML999": "error"}}`:     "ML001",
		`{"diagnostics": {"severity": {"ML001": "loud"}}}`: "warning",
		`{"diagnostics.delivery": "carrier pigeon"}`:       "push, pull",
	} {
		s, problems := From(json.RawMessage(given), true)
		if len(problems) != 1 || !strings.Contains(problems[0], word) {
			t.Errorf("%s: %q, want one line with %q", given, problems, word)
		}
		if !reflect.DeepEqual(s, Default()) {
			t.Errorf("%s changes the defaults", given)
		}
	}
}

func TestSeveritiesAndSwitches(t *testing.T) {
	t.Parallel()
	s, _ := From(json.RawMessage(`{"diagnostics": {"severity": {"ML001": "hint", "ML003": "off"}}}`), true)
	for code, want := range map[string]codes.Severity{"ML001": codes.Hint, "ML002": codes.Warning, "ML003": codes.Off, "ML999": codes.Off} {
		if got := s.Severity(code); got != want {
			t.Errorf("%s is %s, want %s", code, got, want)
		}
	}
	s, _ = From(json.RawMessage(`{"diagnostics.enable": false}`), true)
	if got := s.Severity("ML001"); got != codes.Off {
		t.Errorf("ML001 is %s with diagnostics off", got)
	}
}

func TestUntrustedSettingsAreIgnored(t *testing.T) {
	t.Parallel()
	s, _ := From(json.RawMessage(`{"outputBase": "/elsewhere", "measurements.paths": ["/etc"], "codeLens.enable": false}`), false)
	if s.OutputBase != "" || len(s.Measurements) > 0 || s.CodeLens {
		t.Errorf("an untrusted workspace set %+v", s)
	}
}
