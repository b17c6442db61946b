// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// MerelyBig is the kind of a scenario without a culprit.
const MerelyBig = "merely-big"

// A Scenario is a workspace and the right answer about it.
type Scenario struct {
	// ID is the name of its folder in a corpus: kind and number.
	ID   string
	Kind string
	// Files are the workspace's, by path with forward slashes.
	Files map[string]string
	// Guilty are the right answers, none for a merely big build. Where there
	// are two, each is a right answer for the first place.
	Guilty []Culprit
	// External are the files of external repositories, by path below the output
	// base; Bazel makes them, from what the workspace's files say.
	External map[string]string
	// CrashLimits are the heap limits to crash under, PassLimits those to
	// pass under, as -Xmx takes them; one build each.
	CrashLimits, PassLimits []string
	// JVM are flags of the server beside those of every recording.
	JVM []string
	// Command is what Bazel is asked; nil stands for a build of all targets.
	Command []string
}

// HeldOut reports whether the scenario is one of those that no weight and no
// threshold may be chosen on: half of the field scenarios, by their names.
func (s *Scenario) HeldOut() bool { return s.Field() && hash(s.ID)%2 == 0 }

// Field reports whether it is a scenario in the shape of a repository at work,
// see Field.
func (s *Scenario) Field() bool { return strings.HasPrefix(s.Kind, fieldPrefix) }

// A Culprit is the definition that is to blame.
type Culprit struct {
	Function string // "<toplevel>" for the code of a file
	File     string // relative to the workspace
}

func (a Culprit) String() string { return a.File + "%" + a.Function }

// Digest identifies the workspace's files.
func (s *Scenario) Digest() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.Files)) {
		fmt.Fprintf(h, "%s %d\n", name, len(s.Files[name]))
		io.WriteString(h, s.Files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Corpus is the list of scenarios in the order in which they are best
// recorded: one of each kind, then a second of each, so that a recording that
// is broken off is balanced. rounds is how many of each kind, merelyBig how
// many without a culprit.
func Corpus(rounds, merelyBig int) []Scenario {
	var all []Scenario
	kinds := Kinds()
	for round := range max(rounds, merelyBig) {
		if round < rounds {
			for _, kind := range kinds {
				all = append(all, New(kind, round+1))
			}
		}
		// As many without a culprit as keep the shares of the whole.
		for n := range merelyBig {
			if n*max(rounds, 1)/max(merelyBig, 1) == round {
				all = append(all, New(MerelyBig, n+1))
			}
		}
	}
	return all
}

// New makes scenario number n (from 1) of a kind. In every fourth a second
// culprit of another kind is added; in every sixth the culprit shares its name
// with innocents. It panics on a kind that is not Known.
func New(kind string, n int) Scenario {
	if strings.HasPrefix(kind, fieldPrefix) {
		return newField(kind, n)
	}
	s := Scenario{
		ID: fmt.Sprintf("%s-%02d", kind, n), Kind: kind, Files: map[string]string{},
		PassLimits: []string{"400m", "800m"},
	}
	r := rand.New(rand.NewPCG(uint64(n), hash(kind)))
	m := &maker{scenario: &s, random: r, words: shuffled(r, words)}
	m.decoys()
	if kind == MerelyBig {
		m.mass()
		s.CrashLimits = []string{"60m", "72m", "66m", "72m", "60m"}
		return s
	}
	m.culprit(kind, "main", n%6 == 5)
	if n%4 == 0 {
		kinds := Kinds()
		other := kinds[(slices.Index(kinds, kind)+5)%len(kinds)]
		m.culprit(other, "extra", false)
		s.PassLimits = []string{"800m", "600m"} // two need twice as much
	}
	s.CrashLimits = [][]string{
		{"60m", "72m", "66m", "72m", "60m"},
		{"68m", "60m", "76m", "68m", "60m"},
		{"76m", "64m", "70m", "64m", "76m"},
	}[r.IntN(3)]
	return s
}

func hash(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	var n uint64
	for _, b := range sum[:8] {
		n = n<<8 | uint64(b)
	}
	return n
}

func shuffled(r *rand.Rand, list []string) []string {
	list = slices.Clone(list)
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}
