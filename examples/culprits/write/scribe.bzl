"""Exhausts the heap inside the builtin `ctx.actions.write`.

One text, made once and not large, is written to very many files. Bazel packs
the content of every write action by itself, and a text that does not pack
well takes its room again each time: what grows is what `write` allocates.
"""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

def _noise(length):
    """Text that looks random, by a linear congruential generator.

    It repeats after 128 KiB, which is further back than Deflate looks; and it
    keeps to numbers that old Bazels, with integers of 32 bits, can multiply.
    """
    pairs = []
    state = 1
    for _ in range(length // 2):
        state = (state * 75 + 74) % 65537
        pairs.append(_ALPHABET[state % 64] + _ALPHABET[(state // 64) % 64])
    return "".join(pairs)

def scribe_impl(ctx):
    text = _noise(ctx.attr.length)
    outs = []
    for number in range(ctx.attr.copies):
        out = ctx.actions.declare_file("%s.%d" % (ctx.label.name, number))
        ctx.actions.write(out, text)
        outs.append(out)
    return [DefaultInfo(files = depset(outs[:1]))]

scribe = rule(
    implementation = scribe_impl,
    attrs = {
        "copies": attr.int(default = 200),
        "length": attr.int(default = 1024 * 1024),
    },
)
