package outputbase

// startup are the startup options that decide where the output base is, each
// with where it was found.
type startup struct {
	outputBase, outputBaseFrom         string
	outputUserRoot, outputUserRootFrom string
	unreadable                         []string
}

func readStartup(root string, env Environment) startup {
	return startup{}
}
