// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"fmt"

	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/quantity"
)

// A ctx that was kept. It has all of the target under analysis, and Bazel lets it
// go when the implementation returns, unless a provider, a closure or an action
// has it. What ctxs hold alone is found by giving them the objects as an owner.

func (f *finder) contexts(ctx context.Context) error {
	if len(f.ctxs) < 2 {
		return nil
	}
	planted := map[uint32]hprof.Owner{}
	for _, at := range f.ctxs {
		planted[at] = hprof.FirstOwner
	}
	question := hprof.Owners{Planted: planted, Root: func(hprof.Root) hprof.Owner { return hprof.Elsewhere }}
	owners, err := f.g.Own(ctx, []hprof.Owners{question}, hprof.Single{})
	if err != nil {
		return err
	}
	var bytes int64
	owners.Each(0, func(o hprof.Owner, _, n int64) {
		if o == hprof.FirstOwner {
			bytes += n
		}
	})
	if bytes < f.worth {
		return nil
	}
	f.addAt(Finding{Kind: HeldContext, Saves: bytes, Bytes: bytes, Count: int64(len(f.ctxs)),
		Message: fmt.Sprintf("%s whole ctx are held after their analysis, and hold %s that nothing else does", grouped(int64(len(f.ctxs))), quantity.Bytes(bytes)),
		Advice:  "hand on what is needed of it (ctx.label, a File), not ctx; no struct or lambda that is kept should refer to it"}, f.ctxs[0])
	return nil
}
