// SPDX-License-Identifier: Apache-2.0

package docs

import "embed"

// Pages are the documents, for programs that read them.
//
//go:embed *.md llms.txt agents/SKILL.md
var Pages embed.FS
