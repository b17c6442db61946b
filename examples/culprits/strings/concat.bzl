"""Exhausts the heap while a string is being built.

`text` grows by a block at a time; at each step the old and the new string are
alive together, so that the allocation that fails is nearly always that of the
new one, inside `concat_impl` itself and in no builtin.
"""

_BLOCK = 256 * 1024

def concat_impl(ctx):
    block = "0123456789abcdef" * (_BLOCK // 16)
    text = ""
    for _ in range(ctx.attr.blocks):
        text += block
    out = ctx.actions.declare_file(ctx.label.name + ".size")
    ctx.actions.write(out, "%d\n" % len(text))
    return [DefaultInfo(files = depset([out]))]

concat = rule(
    implementation = concat_impl,
    # As many blocks as make a string of 128 MiB.
    attrs = {"blocks": attr.int(default = 512)},
)
