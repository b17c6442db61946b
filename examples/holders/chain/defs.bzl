"""A helper hangs depset on depset."""

def _chain(n):
    sets = []
    for i in range(n):
        sets.append(depset(["a%d" % i, "b%d" % i, "c%d" % i]))
    return sets

def _chained_impl(ctx):
    _chain(ctx.attr.n)
    return []

chained = rule(implementation = _chained_impl, attrs = {"n": attr.int()})
