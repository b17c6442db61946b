"""Ten rules; one asks for too much."""

load(":lib.bzl", "collect")

def _wide_impl(ctx):
    collect(ctx.label.name, ctx.attr.n)
    return []

wide = rule(implementation = _wide_impl, attrs = {"n": attr.int()})

def _narrow0_impl(ctx):
    collect(ctx.label.name, 100)
    return []

narrow0 = rule(implementation = _narrow0_impl)

def _narrow1_impl(ctx):
    collect(ctx.label.name, 100)
    return []

narrow1 = rule(implementation = _narrow1_impl)

def _narrow2_impl(ctx):
    collect(ctx.label.name, 100)
    return []

narrow2 = rule(implementation = _narrow2_impl)

def _narrow3_impl(ctx):
    collect(ctx.label.name, 100)
    return []

narrow3 = rule(implementation = _narrow3_impl)

def _narrow4_impl(ctx):
    collect(ctx.label.name, 100)
    return []

narrow4 = rule(implementation = _narrow4_impl)

def _narrow5_impl(ctx):
    collect(ctx.label.name, 100)
    return []

narrow5 = rule(implementation = _narrow5_impl)

def _narrow6_impl(ctx):
    collect(ctx.label.name, 100)
    return []

narrow6 = rule(implementation = _narrow6_impl)

def _narrow7_impl(ctx):
    collect(ctx.label.name, 100)
    return []

narrow7 = rule(implementation = _narrow7_impl)

def _narrow8_impl(ctx):
    collect(ctx.label.name, 100)
    return []

narrow8 = rule(implementation = _narrow8_impl)
