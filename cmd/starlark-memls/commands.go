// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

// commands lists the subcommands in the order of the help. Each has a file
// of its own.
func commands() []*cobra.Command {
	return []*cobra.Command{
		newReport(),
		newCrash(),
		newCompare(),
		newCheck(),
		newDemo(),
		newWatch(),
		newMeasure(),
		newBisect(),
		newVerify(),
		newSweep(),
		newCollect(),
		newStats(),
		newPlot(),
		newHeap(),
		newLive(),
		newArm(),
		newTrace(),
		newActive(),
		newLint(),
		newExplain(),
		newIndex(),
		newServe(),
		newMCP(),
		newDoctor(),
		newVersion(),
	}
}
