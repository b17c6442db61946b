"""The BUILD file fills the heap with targets; a rule asks for little and drops it."""

def _small_impl(ctx):
    text = "t" * 250000
    for i in range(200):
        text = text[1:] + "t"
    return []

small = rule(implementation = _small_impl)
