// SPDX-License-Identifier: Apache-2.0

package show

import (
	"testing"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
)

func TestNameIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		`    joined += own`:             10,
		`    x.joined += 1`:             -1,
		`    x . joined = joined`:       23,
		`    "joined" + joined`:         21,
		`    'it\'s joined' + joined`:   27,
		`    # joined`:                  -1,
		`    joined_not = 1`:            -1,
		`    unjoined = "joined`:        -1,
		`é日😀 = joined`:                  len(`é日😀 = joined`),
		`joined`:                        6,
		"":                              -1,
		`f(joined = 1)`:                 8,
		`    text = "\` + `" + joined"`: -1,
	} {
		end, ok := nameIn(text, "joined")
		if !ok {
			end = -1
		}
		if end != want {
			t.Errorf("%q: %d, want %d", text, end, want)
		}
	}
}

func TestVariableHints(t *testing.T) {
	t.Parallel()
	e := attribution.LineEvidence{Locals: []observe.Local{
		{Name: "own", Type: "string", RetainedBytes: new(int64(3 << 20))},
		{Name: "small", Type: "int", ShallowBytes: 16},
		{Name: "elsewhere", Type: "list", RetainedBytes: new(int64(9 << 20))},
		{Name: "joined", Type: "string", ShallowBytes: 24, RetainedBytes: new(int64(7 << 20))},
	}}
	hints, rest := variableHints(protocol.PositionEncodingKindUTF16, 4, "    joined += own + small", e, 1<<20)
	if len(hints) != 2 || hints[0].Label != protocol.String(": 7 MiB string") || hints[0].Position != (protocol.Position{Line: 4, Character: 10}) ||
		hints[1].Label != protocol.String(": 3 MiB string") || hints[1].Position.Character != 17 {
		t.Errorf("hints %+v", hints)
	}
	if len(rest) != 1 || rest[0].Name != "elsewhere" {
		t.Errorf("rest %+v", rest)
	}
}
