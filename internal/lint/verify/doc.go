// SPDX-License-Identifier: Apache-2.0

// Package verify says whether a change of the sources saves memory, and
// whether the build is still the same: two builds on output bases of their own,
// the living server asked after each, their actions and outputs compared.
package verify
