"""The caller has the list, and hands it to a helper that fills it."""

def _fill(into, n):
    for i in range(n):
        into.append({"index": i, "text": "filled %d" % i})

def _filled_impl(ctx):
    table = []
    for part in range(3):
        _fill(table, ctx.attr.n)
    return []

filled = rule(implementation = _filled_impl, attrs = {"n": attr.int()})
