package report

// of writes an optional number; what is not known is a dash.
func of[T any](p *T, write func(T) string) string {
	if p == nil {
		return "-"
	}
	return write(*p)
}
