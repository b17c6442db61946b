package bep

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// failureDetail is a FailureDetail: a message, and one further field named by
// the category, which holds a code.
type failureDetail map[string]json.RawMessage

// failure is nil for an empty detail.
func (f failureDetail) failure() *Failure {
	if len(f) == 0 {
		return nil
	}
	var result Failure
	_ = json.Unmarshal(f["message"], &result.Message)
	categories := make([]string, 0, len(f))
	for name := range f {
		if name != "message" {
			categories = append(categories, name)
		}
	}
	slices.Sort(categories)
	for _, name := range categories {
		var category struct {
			Code   json.RawMessage `json:"code"`
			Causes []struct {
				ThrowableClass string   `json:"throwableClass"`
				Message        string   `json:"message"`
				StackTrace     []string `json:"stackTrace"`
			} `json:"causes"`
		}
		if json.Unmarshal(f[name], &category) != nil {
			continue
		}
		result.Category, result.Code = name, strings.Trim(string(category.Code), `"`)
		for _, c := range category.Causes {
			result.Causes = append(result.Causes, Cause{Class: c.ThrowableClass, Message: c.Message, Frames: c.StackTrace})
		}
		break
	}
	return &result
}

// duration is a google.protobuf.Duration, "1.5s", in microseconds.
type duration int64

func (d *duration) UnmarshalJSON(text []byte) error {
	if parsed, err := time.ParseDuration(strings.Trim(string(text), `"`)); err == nil {
		*d = duration(parsed.Microseconds())
	}
	return nil
}
