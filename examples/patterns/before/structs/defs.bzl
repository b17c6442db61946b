"""As it is written too often."""

FlagsInfo = provider(fields = ["flags"])

def _structs_impl(ctx):
    return [FlagsInfo(flags = [struct(name = "flag %d" % i, default = "value %d" % i) for i in range(1000)])]

structs = rule(implementation = _structs_impl, attrs = {"deps": attr.label_list()})
