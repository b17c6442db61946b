"""Four calls deep, and the third holds."""

def _cell(i):
    return [i, "cell %d" % i]

def _table(n):
    rows = []
    for i in range(n):
        rows.append(_cell(i))
    return rows

def _page(n):
    return str(len(_table(n)))

def _render(n):
    return _page(n)

def _report_impl(ctx):
    _render(ctx.attr.n)
    return []

report = rule(implementation = _report_impl, attrs = {"n": attr.int()})
