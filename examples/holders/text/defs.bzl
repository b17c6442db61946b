"""A helper joins a text that grows."""

def _text(n):
    text = "line\n" * 100000
    for i in range(n):
        text = text + "line %d\n" % i * 50000
    return text

def _written_impl(ctx):
    _text(ctx.attr.n)
    return []

written = rule(implementation = _written_impl, attrs = {"n": attr.int()})
