"""Two rules keep a table, and one of them asks for too many rows."""

load(":lib.bzl", "table_info")

def _light_impl(ctx):
    return [table_info(ctx.label.name, 10)]

light = rule(implementation = _light_impl)

def _heavy_impl(ctx):
    return [table_info(ctx.label.name, ctx.attr.n)]

heavy = rule(implementation = _heavy_impl, attrs = {"n": attr.int()})
