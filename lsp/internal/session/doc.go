// SPDX-License-Identifier: Apache-2.0

// Package session is what goes on behind the requests of one client, and makes one
// snapshot after the other: documents, settings and folders change, the output base
// is watched, evidence is read, and the report is concluded anew.
package session
