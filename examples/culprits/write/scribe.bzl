"""Exhausts the heap inside the builtin `ctx.actions.write`.

One text, made once and not large, is written to very many files. Bazel packs
the content of every write action by itself, and a text that does not pack
well takes its room again each time: what grows is what `write` allocates.
"""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

def _noise(length):
    """Text that looks random, by a linear congruential generator."""
    words = []
    state = 1
    for _ in range(length // 4):
        state = (state * 1103515245 + 12345) % 2147483648
        words.append(
            _ALPHABET[(state // 128) % 64] + _ALPHABET[(state // 8192) % 64] +
            _ALPHABET[(state // 524288) % 64] + _ALPHABET[(state // 33554432) % 64],
        )
    return "".join(words)

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
