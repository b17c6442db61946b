// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"strings"
	"testing"
)

const top = `File: bazel
Type: memory
Time: Jan 2, 2026 at 3:04pm (CET)
Showing nodes accounting for 5MB, 83.33% of 6MB total
Dropped 3 nodes (cum <= 0.03MB)
      flat  flat%   sum%        cum   cum%
       3MB 50.00% 50.00%        3MB 50.00%  grow /srv/build/shop/rules.bzl:41
    1.50MB 25.00% 75.00%     4.50MB 75.00%  _impl /srv/build/shop/rules.bzl
   512.0kB  8.33% 83.33%    512.0kB  8.33%  shelf <native>:-1
         0     0% 83.33%        5MB 83.33%  lambda /srv/my build/BUILD (inline)
not a row
`

// The text of pprof -top is a profile by function.
func TestReadTop(t *testing.T) {
	t.Parallel()
	p, err := ReadPprof(t.Context(), strings.NewReader(top))
	if err != nil {
		t.Fatal(err)
	}
	if p.Kind != Allocation || p.Total != 6<<20 || p.Samples != 4 || len(p.Functions) != 3 || len(p.Builtins) != 1 || p.Note == "" {
		t.Fatalf("%+v", p)
	}
	grow, impl, lambda := p.Functions[0], p.Functions[1], p.Functions[2]
	if grow.Name != "grow" || grow.File != "/srv/build/shop/rules.bzl" || grow.Flat != 3<<20 || len(grow.Lines) != 1 || grow.Lines[0].Number != 41 || grow.Lines[0].Flat != 3<<20 {
		t.Errorf("%+v", grow)
	}
	if impl.Flat != 3<<19 || impl.Cumulative != 9<<19 || len(impl.Lines) != 0 {
		t.Errorf("%+v", impl)
	}
	if lambda.File != "/srv/my build/BUILD" || lambda.Flat != 0 || lambda.Cumulative != 5<<20 {
		t.Errorf("%+v", lambda)
	}
	cpu, err := ReadPprof(t.Context(), strings.NewReader(strings.NewReplacer("memory", "CPU", "MB", "ms", "kB", "us").Replace(top)))
	if err != nil || cpu.Kind != CPU || cpu.Functions[0].Flat != 3000 {
		t.Errorf("CPU: %+v, %v", cpu, err)
	}
}

func FuzzReadTop(f *testing.F) {
	f.Add(top)
	f.Add("      flat  flat%   sum%        cum   cum%\n 1e99TB 1% 1% .kB 1% x :9\n")
	f.Fuzz(func(t *testing.T, text string) {
		if _, ok := IsPprofTop([]byte(text)); !ok {
			return
		}
		p, err := ReadPprof(t.Context(), strings.NewReader(text))
		if err != nil || p == nil {
			return
		}
		for _, fn := range append(p.Functions, p.Builtins...) {
			if fn.Flat < 0 || fn.Cumulative < 0 || p.Total < fn.Flat {
				t.Errorf("%+v of %d", fn, p.Total)
			}
		}
	})
}
