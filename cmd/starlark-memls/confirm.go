// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// canAsk reports whether somebody sits at a terminal who can answer.
func canAsk(c *cobra.Command) bool {
	_, ok := terminal(c.InOrStdin())
	return ok
}

// confirm asks the user at the terminal a question that is answered by yes or
// no; Enter alone answers what usual is.
func confirm(c *cobra.Command, question string, usual bool) bool {
	choice := "[y/N]"
	if usual {
		choice = "[Y/n]"
	}
	fmt.Fprintf(c.ErrOrStderr(), "%s %s ", question, choice)
	answer, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	case "":
		return usual && err == nil // the end of the input is no answer
	}
	return false
}
