package bep

import (
	"net/url"
	"strings"
)

// A stream tells the environment in several places. The command lines
// (unstructuredCommandLine, structuredCommandLine) have --client_env with all
// of it, and workspaceStatus what scripts make of it: neither is decoded. The
// parsed options have --action_env and its like, headers with credentials,
// and URLs with a password: those values go here.

// environmentOptions carry NAME=VALUE or NAME: VALUE; the name stays, since it
// says that the option was given.
var environmentOptions = []string{"_env", "_header", "_headers", "build_metadata", "_credentials", "credential_helper", "_password", "_token"}

// redact copies options without what is secret in them.
func redact(options []string) []string {
	var kept []string
	for _, option := range options {
		name, value, hasValue := strings.Cut(option, "=")
		if strings.HasPrefix(name, "--client_env") || strings.HasPrefix(name, "--default_override") {
			continue
		}
		if !hasValue {
			kept = append(kept, option)
			continue
		}
		if carriesEnvironment(name) {
			variable, _, _ := strings.Cut(value, "=")
			kept = append(kept, name+"="+variable)
			continue
		}
		kept = append(kept, name+"="+withoutUser(value))
	}
	return kept
}

func carriesEnvironment(name string) bool {
	for _, suffix := range environmentOptions {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// withoutUser takes user and password out of a URL.
func withoutUser(value string) string {
	if !strings.Contains(value, "://") || !strings.Contains(value, "@") {
		return value
	}
	u, err := url.Parse(value)
	if err != nil || u.User == nil {
		return value
	}
	u.User = nil
	return u.String()
}
