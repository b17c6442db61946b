"""Exhausts the heap while this file itself is loaded: its <toplevel>."""

def _constant_impl(ctx):
    return []

_CONSTANTS = ["constant %d %s" % (number, "*" * 400) for number in range(400000)]

constant = rule(
    implementation = _constant_impl,
    attrs = {"value": attr.string(default = _CONSTANTS[-1])},
)
