// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Packages and repositories that were begun anew. Skyframe breaks an evaluation off when it asks
// for what is not there yet, and begins it again; under little memory also
// when what was there has been dropped. A profile shows each evaluation of a
// package, and each run of a repository rule, that was long enough, so that those
// beyond the first can be counted.

// keptRestarted bounds the list: further down they are one in one build.
const KeptRestarted = 10

// A RestartedPackage was evaluated more than once in Builds builds, Extra times
// in all beyond the first.
type RestartedPackage struct {
	Package       string
	Builds, Extra int
}

// A RestartedRepository was fetched more than once in Builds builds, Extra times
// in all beyond the first: its rule's function was begun anew when a file or a
// label that it asked for was not there yet.
type RestartedRepository struct {
	Repository    string // "//external:name", or as the version writes it
	Builds, Extra int
}

// restarts count what was begun anew, by name.
type restarts map[string]restarted

type restarted struct{ builds, extra int }

// add adds a build's evaluations of what was evaluated more than once.
func (r restarts) add(evaluations map[string]int) {
	for name, times := range evaluations {
		was := r[name]
		r[name] = restarted{was.builds + 1, was.extra + times - 1}
	}
}

// most are the names with the most restarts.
func (r restarts) most() []string {
	names := slices.SortedFunc(maps.Keys(r), func(x, y string) int {
		return cmp.Or(cmp.Compare(r[y].extra, r[x].extra), strings.Compare(x, y))
	})
	return names[:min(len(names), KeptRestarted)]
}

// RestartedPackages and restartedRepositories are those with the most restarts.
func (b *Statistics) RestartedPackages() (list []RestartedPackage) {
	for _, name := range b.packages.most() {
		list = append(list, RestartedPackage{name, b.packages[name].builds, b.packages[name].extra})
	}
	return list
}

func (b *Statistics) RestartedRepositories() (list []RestartedRepository) {
	for _, name := range b.repositories.most() {
		list = append(list, RestartedRepository{name, b.repositories[name].builds, b.repositories[name].extra})
	}
	return list
}
