// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"example.invalid/starlark-memls/internal/plain"
	"example.invalid/starlark-memls/internal/report"
)

// terminal is the terminal behind a stream, if it is one.
func terminal(stream any) (file *os.File, ok bool) {
	if w, writes := stream.(io.Writer); writes {
		stream = plain.Raw(w)
	}
	file, ok = stream.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// terminalOptions are how a text is written: for a pipe plainly, in 80 columns;
// for a terminal in its width, with its colours and links, with paths from
// where the user stands, and with the answer at the end as well. root is what
// paths are relative to, "" where nobody named it.
func terminalOptions(c *cobra.Command, root string) report.Options {
	version, commit := buildVersion()
	o := report.Options{Root: root, Version: version + ", " + commit}
	file, ok := terminal(c.OutOrStdout())
	if !ok {
		return o
	}
	if columns, _, err := term.GetSize(int(file.Fd())); err == nil {
		o.Width = columns
	}
	if root == "" {
		if dir, err := os.Getwd(); err == nil {
			o.Root, o.Above = dir, true
		}
	}
	o.Previews = true
	o.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	o.Links = os.Getenv("TERM") != "dumb"
	o.Repeat = true
	return o
}

// textOut is where a text goes: the terminal itself where the text has colours
// or links of its own. Its writer lets nothing else through that is obeyed.
func textOut(c *cobra.Command, format string, o report.Options) io.Writer {
	if format == "text" && (o.Color || o.Links) {
		return plain.Raw(c.OutOrStdout())
	}
	return c.OutOrStdout()
}
