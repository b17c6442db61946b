//go:build !slow

package attribution

const (
	composedDraws    = 400
	composedLeniency = 0.5 // of three standard errors, for the fewer draws
)
