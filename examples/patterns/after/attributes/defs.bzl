"""As it should be."""

FlagsInfo = provider(fields = ["flags"])

def _flags_impl(ctx):
    return [FlagsInfo(flags = ctx.attr.flags)]

flags = rule(implementation = _flags_impl, attrs = {"flags": attr.string_list()})

def _attributes_impl(ctx):
    return []

attributes = rule(implementation = _attributes_impl, attrs = {"flags": attr.label(providers = [FlagsInfo])})

FLAGS = ["-DOPTION_%d=1" % i for i in range(600)]
