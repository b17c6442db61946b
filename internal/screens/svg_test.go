// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/xml"
	"strings"
	"testing"
)

// TestSVG: colours and emphasis go where they were, other sequences and the
// markup of the text do nothing.
func TestSVG(t *testing.T) {
	t.Parallel()
	drawn := string(svg("\x1b[1mdied\x1b[0m <a>\n\x1b[38;5;203;4mred\x1b[39;24m\x1b]8;;file:///x\x1b\\link\x1b]8;;\x1b\\\x1b[38;2;1;2;3mblue\x1b[7m back\n", 80))
	if err := xml.Unmarshal([]byte(drawn), new(struct{})); err != nil {
		t.Fatalf("%v in\n%s", err, drawn)
	}
	for _, want := range []string{
		`width="696" height="60"`,
		`<text x="12.0" y="26" textLength="33.6" fill="#d4d4d4" font-weight="bold">died</text>`,
		"fill=\"#d4d4d4\">\u00a0&lt;a&gt;</text>",
		`<text x="12.0" y="44" textLength="25.2" fill="#ff5f5f" text-decoration="underline">red</text>`,
		`fill="#d4d4d4">link</text>`,
		`fill="#010203">blue</text>`,
		`<rect x="104.4" y="30" width="42.0" height="18" fill="#010203"/>`,
	} {
		if !strings.Contains(drawn, want) {
			t.Errorf("no %s in\n%s", want, drawn)
		}
	}
}
