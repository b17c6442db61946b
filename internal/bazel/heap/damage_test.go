// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"bytes"
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

var mutations = flag.Int("mutations", 12, "how many damaged dumps TestDamage reads")

// TestDamage changes bytes of a dump where its objects lie and cuts it:
// references lead astray or in circles, lengths lie, classes swap. Whatever
// comes of it, nothing panics or hangs, and the columns still add up.
func TestDamage(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: cuts a dump everywhere")
	}
	t.Parallel()
	h := openStandIn(t, "bazel6")
	whole, err := os.ReadFile(h.d.Path())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "damaged.hprof")
	for seed := range uint64(*mutations) {
		r := rand.New(rand.NewPCG(seed, 7))
		b := bytes.Clone(whole)
		for range 1 + r.IntN(200) {
			at := len(b)/3 + r.IntN(len(b)*2/3)
			if seed%2 == 0 {
				b[at] ^= byte(1 << r.IntN(8))
			} else { // another object's reference
				from := len(b)/3 + r.IntN(len(b)*2/3)
				copy(b[at:], b[from:min(len(b), from+8)])
			}
		}
		if seed%3 == 0 {
			b = b[:len(b)*3/4+r.IntN(len(b)/4)]
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Open(context.Background(), path, OpenOptions{})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		analyze(t, d)
		d.Summary(SummaryOptions{Previews: true})
		d.Close()
	}
}
