// SPDX-License-Identifier: Apache-2.0

// Package show is what an editor shows of a report. Everything in it is drawn from
// one Snapshot and answered in the protocol's types; it knows no connection, runs
// nothing and waits for nothing.
package show
