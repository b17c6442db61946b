package starlark

type cache struct{}

func openCache(dir, root string) *cache { return nil }
func (c *cache) get(f found) *summary   { return nil }
func (c *cache) save(files []*source)   {}
