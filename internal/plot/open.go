// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
)

// OpenProfile draws the profile at path, or that of the one measurement that
// lies there, if this is a picture of one.
func (k Kind) OpenProfile(ctx context.Context, path string) (*Picture, error) {
	if k.profile == nil {
		return nil, fmt.Errorf("%q is not a plot of a profile", k.Show)
	}
	profile, err := openProfile(ctx, path)
	if err != nil {
		return nil, err
	}
	picture, err := k.profile(profile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return picture, nil
}

func openProfile(ctx context.Context, path string) (*Profile, error) {
	found, _, err := measurement.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	if len(found) > 1 { // an output base has leftovers of earlier builds beside the last one
		found = slices.DeleteFunc(found, func(m measurement.Measurement) bool { return m.Older })
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s: holds %d measurements; name one of them, or its profile", path, len(found))
	}
	profiles := found[0].Parts[measurement.Profile]
	if len(profiles) == 0 {
		return nil, errors.New(path + ": has no trace profile")
	}
	file, err := input.Open(ctx, profiles[0])
	if err != nil {
		return nil, err
	}
	defer file.Close()
	profile, err := ReadProfile(ctx, file, len(found[0].Parts[measurement.PhaseMemory]) > 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", profiles[0], err)
	}
	profile.Name = nameOf(found[0].Path)
	return profile, nil
}

// nameOf is what a measurement is called in a title. An output base's own name is a
// hash: it is called by its workspace.
func nameOf(path string) string {
	if base, err := outputbase.Open(path); err == nil && base.Workspace != "" {
		return "last build of " + filepath.Base(base.Workspace)
	}
	return filepath.Base(path)
}
