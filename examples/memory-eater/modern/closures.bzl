"""What Starlark has learnt since Bazel 5: nested functions and lambdas.

Bazel calls every lambda `lambda`, and a nested function by its own name
alone, so both are hard to tell apart in a profile.
"""

load("//cpu:providers.bzl", "LockInfo")

def _weigher(unit):
    def weigh(dep):
        def halve(weight):
            return weight // 2

        return halve(len(dep[LockInfo].digest)) * unit

    return weigh

def _scale_impl(ctx):
    weigh = _weigher(unit = ctx.attr.unit)
    heaviest = sorted(ctx.attr.deps, key = lambda dep: (-weigh(dep), str(dep.label)))
    out = ctx.actions.declare_file(ctx.label.name + ".weights")
    ctx.actions.write(out, "".join(["%s %d\n" % (dep.label, weigh(dep)) for dep in heaviest]))
    return [DefaultInfo(files = depset([out]))]

scale = rule(
    implementation = _scale_impl,
    attrs = {
        "deps": attr.label_list(providers = [LockInfo]),
        "unit": attr.int(default = 1),
    },
)

# A macro made by a lambda: Bazel names its generator_function `lambda`.
scale_of_two = lambda name, left, right: scale(name = name, deps = [left, right])
