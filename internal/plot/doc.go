// SPDX-License-Identifier: Apache-2.0

// Package plot draws series of measurements and single profiles: duration and
// garbage collections over the memory limit with the probability of a crash
// below, and the collections and the heap of one build over time. Pictures
// come as SVG and PNG, 16:9, sized for a slide.
//
// Paths, text and raster are gonum.org/v1/plot's (its packages vg, draw, text,
// font, vgimg). Its plot.Plot has one axis to each side and logarithmic ticks
// at powers of ten only; what is drawn here needs two panels over one axis of
// limits, a second axis on the right, and ticks that are limits. So the axes
// are here (panel.go, ticks.go), as is an SVG that needs no font and follows the
// viewer's colour scheme (svg.go).
package plot
