package starlark

func (s *source) keepSound(before *source) {}
