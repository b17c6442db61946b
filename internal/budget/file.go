// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"example.invalid/starlark-memls/internal/quantity"
)

// Name is the file's usual name, at the workspace's root.
const Name = "memls.toml"

// A Size is a number of bytes, as the file spells it: "200m".
type Size int64

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) error {
	n, err := quantity.ParseSize(string(text))
	if err == nil && n == 0 {
		err = fmt.Errorf("%q allows nothing: leave the line out for no budget", text)
	}
	*s = Size(n)
	return err
}

// A Share is a part, as the file spells it: "10%".
type Share float64

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Share) UnmarshalText(text []byte) error {
	number, ok := strings.CutSuffix(strings.TrimSpace(string(text)), "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil || n < 0 || n > 1000 {
		return fmt.Errorf("%q is not a share: write it as 10%%", text)
	}
	*s = Share(n / 100)
	return nil
}

// A Budget is a budget. A Size of 0 is no budget.
type Budget struct {
	// Headroom is what --write allows beyond what a build holds.
	Headroom Share `toml:"headroom"`
	Build    struct {
		LiveHeap    Size `toml:"live_heap"`    // what is live when the build has passed
		MemoryLimit Size `toml:"memory_limit"` // what the build needs
	} `toml:"build"`
	// Each is for every holder without an entry of its own.
	Each struct {
		Function      Size `toml:"function"`
		ProviderField Size `toml:"provider_field"`
	} `toml:"each"`
	Functions []HolderBudget `toml:"function"`
	Fields    []HolderBudget `toml:"provider_field"`
}

// A HolderBudget is the budget of one function or provider's field. Without a File it
// is for all of that name, each by itself.
type HolderBudget struct {
	Name     string `toml:"name"`
	File     string `toml:"file"`
	Retained Size   `toml:"retained"`
	// Why is a note for people; --write keeps it.
	Why string `toml:"why"`
}

// Parse reads a budget. What it does not know is an error: a misspelt budget
// would hold nothing.
func Parse(text []byte) (*Budget, error) {
	f := new(Budget)
	meta, err := toml.NewDecoder(bytes.NewReader(text)).Decode(f)
	if err != nil {
		var parse toml.ParseError
		if errors.As(err, &parse) {
			return nil, fmt.Errorf("line %d: %s", parse.Position.Line, cmp.Or(parse.Message, parse.Error()))
		}
		return nil, errors.New(strings.TrimPrefix(err.Error(), "toml: "))
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("%s is not known: there are headroom, [build] live_heap and memory_limit, [each] function and provider_field, [[function]] and [[provider_field]] with name, file, retained and why", unknown[0])
	}
	for kind, entries := range map[string][]HolderBudget{"function": f.Functions, "provider_field": f.Fields} {
		seen := map[[2]string]bool{}
		for _, e := range entries {
			key := [2]string{e.Name, e.File}
			switch {
			case e.Name == "":
				return nil, fmt.Errorf("a [[%s]] has no name", kind)
			case e.Retained == 0:
				return nil, fmt.Errorf("[[%s]] %s has no retained, such as \"200m\"", kind, e.Name)
			case seen[key]:
				return nil, fmt.Errorf("[[%s]] %s is there twice", kind, strings.TrimSpace(e.Name+" "+e.File))
			}
			seen[key] = true
		}
	}
	return f, nil
}

// Empty reports whether it budgets nothing.
func (f *Budget) Empty() bool {
	return f.Build.LiveHeap == 0 && f.Build.MemoryLimit == 0 && f.Each.Function == 0 && f.Each.ProviderField == 0 && len(f.Functions)+len(f.Fields) == 0
}

// Text is the file. Parse reads the same from it.
func (f *Budget) Text() []byte {
	var b bytes.Buffer
	b.WriteString("# How much of the heap a build may hold: starlark-memls check.\n# starlark-memls check --write writes the numbers again from a build, with the\n# headroom, and keeps the headroom, [each] and every why.\n\n")
	fmt.Fprintf(&b, "headroom = %q\n", strconv.FormatFloat(100*float64(f.Headroom), 'f', -1, 64)+"%")
	section := func(name string, lines ...string) {
		lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
		if len(lines) > 0 {
			fmt.Fprintf(&b, "\n%s\n%s\n", name, strings.Join(lines, "\n"))
		}
	}
	section("[build]", line("live_heap", f.Build.LiveHeap), line("memory_limit", f.Build.MemoryLimit))
	section("[each]", line("function", f.Each.Function), line("provider_field", f.Each.ProviderField))
	for _, list := range []struct {
		name    string
		entries []HolderBudget
	}{{"[[function]]", f.Functions}, {"[[provider_field]]", f.Fields}} {
		for _, e := range list.entries {
			section(list.name, quoted("name", e.Name), quoted("file", e.File), line("retained", e.Retained), quoted("why", e.Why))
		}
	}
	return b.Bytes()
}

func line(key string, s Size) string {
	if s == 0 {
		return ""
	}
	return fmt.Sprintf("%s = %q", key, s.String())
}

// quoted is a line with a text; TOML's basic strings have JSON's escapes.
func quoted(key, text string) string {
	if text == "" {
		return ""
	}
	return key + " = " + string(basicString(text))
}

// basicString is TOML's: controls are escaped, and nothing else but the quote
// and the backslash.
func basicString(text string) []byte {
	out := []byte{'"'}
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r < ' ' || r == 0x7f:
			out = fmt.Appendf(out, `\u%04X`, r)
		default:
			out = append(out, string(r)...)
		}
	}
	return append(out, '"')
}

// String writes a size without loss: "200m", "204801k", "17".
func (s Size) String() string {
	for i, unit := range []string{"g", "m", "k"} {
		if power := Size(1) << (30 - 10*i); s%power == 0 && s != 0 {
			return strconv.FormatInt(int64(s/power), 10) + unit
		}
	}
	return strconv.FormatInt(int64(s), 10)
}
