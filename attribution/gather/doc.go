// SPDX-License-Identifier: Apache-2.0

// Package gather finds the evidence: what lies at the paths a user names, or
// what the last build of a workspace left in its output base. It observes each
// measurement and keeps the crashes that the next build would overwrite.
package gather
