"""Two aspects with an appetite.

`traverse` is the culprit. It describes each target with all its providers,
appends everything that the aspect has said about the targets below, repeats
that, and hands the result on. So a string is as long as the whole graph under
its target, times the repetitions to the power of the depth; and since an
action is to write it, it cannot be freed before the execution phase.

`allocate` is the red herring: it allocates much and keeps nothing. It drives
the garbage collector, but no limit would be too small because of it.
"""

load("//cpu:providers.bzl", "AuditInfo", "LockInfo")

TraversedInfo = provider(
    doc = "What `traverse` hands on from target to target.",
    fields = {"text": "string: the description of a target and of all below it"},
)

_PROVIDERS = [
    ("DefaultInfo", DefaultInfo),
    ("OutputGroupInfo", OutputGroupInfo),
    ("LockInfo", LockInfo),
    ("AuditInfo", AuditInfo),
]

def _fields(instance):
    """Every field of a provider's instance or of a struct, one a line."""
    lines = []
    for name in dir(instance):
        value = getattr(instance, name, None)
        lines.append("    %s (%s) = %s" % (name, type(value), repr(value)))
    return lines

def _describe(target, ctx):
    """A target, its attributes and all its providers, as text."""
    lines = ["%s %s" % (ctx.rule.kind, target.label), "  attributes"]
    lines += _fields(ctx.rule.attr)
    for name, provider in _PROVIDERS:
        if provider in target:
            lines.append("  " + name)
            lines += _fields(target[provider])
    return "\n".join(lines) + "\n"

def _targets(value):
    """The targets in an attribute's value, whatever its type."""
    if type(value) == "Target":
        return [value]
    if type(value) == "list":
        return [item for item in value if type(item) == "Target"]
    if type(value) == "dict":
        return [key for key in value if type(key) == "Target"]
    return []

def traverse_impl(target, ctx):
    below = []
    for name in dir(ctx.rule.attr):
        for dep in _targets(getattr(ctx.rule.attr, name, None)):
            if TraversedInfo in dep:
                below.append(dep[TraversedInfo].text)

    own = _describe(target, ctx)
    repeat = int(ctx.var.get("eat_repeat", ctx.attr._repeat))
    joined = ""
    for _ in range(repeat):
        joined += own + "".join(below)

    out = ctx.actions.declare_file(target.label.name + ".traversed")
    ctx.actions.write(out, joined)
    return [
        TraversedInfo(text = joined),
        OutputGroupInfo(traversed = depset([out])),
    ]

traverse = aspect(
    implementation = traverse_impl,
    attr_aspects = ["*"],
    attrs = {"_repeat": attr.int(default = 5)},
)

def allocate_impl(target, ctx):
    block = ["%s %d" % (target.label, i) for i in range(ctx.attr._length)]
    if len(block) != ctx.attr._length:
        fail("a block of %d has %d elements" % (ctx.attr._length, len(block)))
    return []

allocate = aspect(
    implementation = allocate_impl,
    attr_aspects = ["deps"],
    attrs = {"_length": attr.int(default = 50000)},
)
