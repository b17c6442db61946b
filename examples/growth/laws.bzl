"""Rules whose memory grows in known ways, in workspaces of known shapes.

Each rule is one law in one shape, so that a heap tells them apart. The packages
small, large and larger have each in one size and in twice and four times that.
"""

HeldInfo = provider(fields = ["rows"])

def _rows(ctx, number):
    return ["%s row %d of what this target holds" % (ctx.label, i) for i in range(number)]

def _linear_impl(ctx):
    """A depset of its own rows and its dependencies' depsets."""
    return [HeldInfo(rows = depset(_rows(ctx, 20), transitive = [d[HeldInfo].rows for d in ctx.attr.deps]))]

def _bits(n):
    for bits in range(1000):
        if n == 0:
            return bits
        n //= 2
    fail("a number of more than 1000 bits")

def _logarithmic_impl(ctx):
    """As many rows as eight times the logarithm of the targets below."""
    n = ctx.attr.below
    return [HeldInfo(rows = _rows(ctx, 2 * _bits(n * n * n * n)))]

def _quadratic_impl(ctx):
    """A list of its own rows and of its dependencies' rows, each once."""
    rows = {row: None for d in ctx.attr.deps for row in d[HeldInfo].rows}
    return [HeldInfo(rows = _rows(ctx, 12) + rows.keys())]

def _common_impl(ctx):
    """What one target has made is handed on."""
    if ctx.attr.makes:
        return [HeldInfo(rows = _rows(ctx, 20000))]
    for d in ctx.attr.deps:
        if d[HeldInfo].rows:
            return [HeldInfo(rows = d[HeldInfo].rows)]
    return [HeldInfo(rows = [])]

_ATTRS = {
    "deps": attr.label_list(providers = [HeldInfo]),
    "below": attr.int(),
    "makes": attr.bool(),
}

linear_chain = rule(implementation = _linear_impl, attrs = _ATTRS)
linear_tree = rule(implementation = _linear_impl, attrs = _ATTRS)
linear_neighbours = rule(implementation = _linear_impl, attrs = _ATTRS)
logarithmic_chain = rule(implementation = _logarithmic_impl, attrs = _ATTRS)
logarithmic_tree = rule(implementation = _logarithmic_impl, attrs = _ATTRS)
logarithmic_neighbours = rule(implementation = _logarithmic_impl, attrs = _ATTRS)
quadratic_chain = rule(implementation = _quadratic_impl, attrs = _ATTRS)
quadratic_tree = rule(implementation = _quadratic_impl, attrs = _ATTRS)
quadratic_neighbours = rule(implementation = _quadratic_impl, attrs = _ATTRS)
common_chain = rule(implementation = _common_impl, attrs = _ATTRS)
common_tree = rule(implementation = _common_impl, attrs = _ATTRS)
common_neighbours = rule(implementation = _common_impl, attrs = _ATTRS)

# What the target of a number depends on, of so many.

def _chain(i, _):
    return [i - 1] if i else []

def _tree(i, targets):
    return [d for d in (2 * i + 1, 2 * i + 2) if d < targets]

def _neighbours(i, _):
    if not i:
        return []
    number = (i * 2654435761 + 97) % 4294967296
    some = [number // 1024 % 8, number // 65536 % 8, number // 4194304 % 8]
    return {max(0, i - 1 - back): None for back in some[:1 + number // 536870912 % 3]}.keys()

_SHAPES = {
    "chain": (_chain, [linear_chain, logarithmic_chain, quadratic_chain, common_chain]),
    "tree": (_tree, [linear_tree, logarithmic_tree, quadratic_tree, common_tree]),
    "neighbours": (_neighbours, [linear_neighbours, logarithmic_neighbours, quadratic_neighbours, common_neighbours]),
}

def laws(targets):
    """Makes so many targets of each rule.

    Args:
      targets: how many
    """
    for shape, (deps, rules) in _SHAPES.items():
        below = [1] * targets
        numbers = range(targets)
        if shape == "tree":
            for i in reversed(numbers):
                for d in deps(i, targets):
                    below[i] += below[d]
        else:
            below = [i + 1 for i in numbers]
        for law, make in zip(["linear", "logarithmic", "quadratic", "common"], rules):
            name = "%s_%s" % (law, shape)
            for i in numbers:
                make(
                    name = "%s_%d" % (name, i),
                    below = below[i],
                    makes = i == (targets - 1 if shape == "tree" else 0),
                    deps = [":%s_%d" % (name, d) for d in deps(i, targets)],
                )
