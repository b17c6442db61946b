// SPDX-License-Identifier: Apache-2.0

package export

import (
	"encoding/json"
	"io"
	"slices"
)

// The file format of https://www.speedscope.app, as its file-format-spec.ts has it.

type speedscopeFile struct {
	Schema   string              `json:"$schema"`
	Name     string              `json:"name"`
	Exporter string              `json:"exporter"`
	Active   int                 `json:"activeProfileIndex"`
	Shared   speedscopeShared    `json:"shared"`
	Profiles []speedscopeProfile `json:"profiles"`
}

type speedscopeShared struct {
	Frames []speedscopeFrame `json:"frames"`
}

type speedscopeFrame struct {
	Name string `json:"name"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

type speedscopeProfile struct {
	Type    string    `json:"type"`
	Name    string    `json:"name"`
	Unit    string    `json:"unit"`
	Start   int64     `json:"startValue"`
	End     int64     `json:"endValue"`
	Samples [][]int32 `json:"samples"`
	Weights []int64   `json:"weights"`
}

// WriteSpeedscope writes a file for speedscope, with a profile for each measure
// that has any value.
func WriteSpeedscope(w io.Writer, s *Stacks) error {
	units := map[string]string{"bytes": "bytes", "microseconds": "microseconds"}
	file := speedscopeFile{Schema: "https://www.speedscope.app/file-format-schema.json", Name: s.Title, Exporter: "starlark-memls",
		Shared: speedscopeShared{[]speedscopeFrame{}}, Profiles: []speedscopeProfile{}}
	for _, f := range s.Frames {
		file.Shared.Frames = append(file.Shared.Frames, speedscopeFrame{f.Name, f.File, f.Line})
	}
	// Its first view is in the order of the file: what begins alike stands together.
	samples := slices.Clone(s.Samples)
	slices.SortStableFunc(samples, func(a, b StackSample) int { return slices.Compare(a.Stack, b.Stack) })
	for i, m := range s.Measures {
		p := speedscopeProfile{Type: "sampled", Name: m.Name, Unit: "none", Samples: [][]int32{}, Weights: []int64{}}
		if unit, ok := units[m.Unit]; ok {
			p.Unit = unit
		}
		for _, sample := range samples {
			if v := sample.Values[i]; v != 0 {
				p.Samples, p.Weights = append(p.Samples, sample.Stack), append(p.Weights, v)
				p.End += v
			}
		}
		if p.End > 0 {
			file.Profiles = append(file.Profiles, p)
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(file)
}
