"""No variable has the list: it is being written down."""

def _entries(n):
    return [("entry %d" % i, i) for i in range(n)]

def _listed_impl(ctx):
    _entries(ctx.attr.n)
    return []

listed = rule(implementation = _listed_impl, attrs = {"n": attr.int()})
