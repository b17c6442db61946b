"""As it should be."""

FlagsInfo = provider(fields = ["flags"])

_FLAGS = [struct(name = "flag %d" % i, default = "value %d" % i) for i in range(1000)]

def _structs_impl(ctx):
    return [FlagsInfo(flags = _FLAGS)]

structs = rule(implementation = _structs_impl, attrs = {"deps": attr.label_list()})
