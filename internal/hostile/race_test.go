// SPDX-License-Identifier: Apache-2.0

//go:build unix && race

package hostile

const raceDetector = true
