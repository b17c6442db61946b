package attribution

import (
	"fmt"
	"slices"
	"testing"
)

func TestRestartedPackages(t *testing.T) {
	t.Parallel()
	a, b := passedBuild("a", map[string]int64{"f": 1}), crashedAt("b", nil, "f")
	a.Trace.Packages = map[string]int{"x": 2, "y": 4}
	b.Trace.Packages = map[string]int{"x": 3}
	for i := range keptRestarted {
		b.Trace.Packages[fmt.Sprintf("z%02d", i)] = 2
	}
	got := gather([]*Observation{a, b, {}}).restarted()
	want := []RestartedPackage{{"x", 2, 3}, {"y", 1, 3}, {"z00", 1, 1}}
	if len(got) != keptRestarted || !slices.Equal(got[:3], want) {
		t.Errorf("restarted are %v, want them to begin with %v", got, want)
	}
}
