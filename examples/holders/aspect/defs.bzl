"""An aspect whose helper walks."""

def _walk(label, n):
    visited = {}
    for i in range(n):
        visited["%s/%d" % (label, i)] = [i, "visited"]
    return visited

def _scan_impl(target, ctx):
    return [OutputGroupInfo(scan = depset([]), count = depset([])) for _ in [_walk(str(ctx.label), 3000000)]]

scan = aspect(implementation = _scan_impl)

def _leaf_impl(ctx):
    return []

leaf = rule(implementation = _leaf_impl)

def _scanned_impl(ctx):
    return []

scanned = rule(implementation = _scanned_impl, attrs = {"deps": attr.label_list(aspects = [scan])})
