"""The function that asks last is not the one that holds."""

def _label(i):
    parts = ["item", str(i), "of", "many"]
    return "-".join(parts)

def _hoard(n):
    labels = []
    for i in range(n):
        labels.append([_label(i), _label(i + 1)])
    return labels

def _hoarder_impl(ctx):
    _hoard(ctx.attr.n)
    return []

hoarder = rule(implementation = _hoarder_impl, attrs = {"n": attr.int()})
