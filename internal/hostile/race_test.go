//go:build unix && race

package hostile

const raceDetector = true
