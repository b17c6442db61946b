package plot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"starlark-memls/attribution"
	"starlark-memls/measurement"
)

// ShowLimits is the word for the picture of series, Limits; of the others in
// Shows some are of one profile and some of a report (OfReport).
const ShowLimits = "limits"

// profilePictures draw one profile, by the word that asks for them.
var profilePictures = map[string]func(*Profile) (*Picture, error){
	"active-gc":     ActiveGCs,
	"gc-duration":   GCPauses,
	"gc-difference": GCGaps,
	"heap":          HeapOverTime,
	"threads":       Threads,
}

// reportPictures draw a report, by the word that asks for them.
var reportPictures = map[string]func(*attribution.Report) (*Picture, error){
	"suspects": Suspects,
	"activity": Activity,
}

// OfReport reports whether the picture of that name is of a report.
func OfReport(show string) bool { return reportPictures[show] != nil }

// Report draws the picture of that name of a report.
func Report(show string, r *attribution.Report) (*Picture, error) {
	draw := reportPictures[show]
	if draw == nil {
		return nil, fmt.Errorf("%q is no picture of a report", show)
	}
	return draw(r)
}

// Shows are the words for the pictures there are.
func Shows() []string {
	return []string{ShowLimits, "active-gc", "gc-duration", "gc-difference", "heap", "threads", "suspects", "activity"}
}

// CheckShow reports a word for which there is no picture.
func CheckShow(word string) error {
	if !slices.Contains(Shows(), word) {
		return fmt.Errorf("unknown picture %q: it is one of %s", word, strings.Join(Shows(), ", "))
	}
	return nil
}

// OpenProfile draws the picture of that name of the profile at path, or of the
// profile of the one measurement that lies there.
func OpenProfile(ctx context.Context, show, path string) (*Picture, error) {
	draw := profilePictures[show]
	if draw == nil {
		return nil, fmt.Errorf("%q is no picture of a profile", show)
	}
	profile, err := openProfile(ctx, path)
	if err != nil {
		return nil, err
	}
	picture, err := draw(profile)
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
	if len(found) != 1 {
		return nil, fmt.Errorf("%s: holds %d measurements; name one of them, or its profile", path, len(found))
	}
	profiles := found[0].Parts[measurement.Profile]
	if len(profiles) == 0 {
		return nil, errors.New(path + ": has no trace profile")
	}
	file, err := os.Open(profiles[0])
	if err != nil {
		return nil, err
	}
	defer file.Close()
	profile, err := ReadProfile(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", profiles[0], err)
	}
	profile.Name = filepath.Base(found[0].Path)
	return profile, nil
}
