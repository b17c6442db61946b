"""An argument that no variable of the caller has; the helper copies it."""

def _names(n):
    return ["name %d" % i for i in range(n)]

def _doubled(names):
    copies = []
    for i in range(1000000):
        copies.append(names[i % 1000:i % 1000 + 100])
    return copies

def _doubled_impl(ctx):
    _doubled(_names(ctx.attr.n))
    return []

doubled = rule(implementation = _doubled_impl, attrs = {"n": attr.int()})
