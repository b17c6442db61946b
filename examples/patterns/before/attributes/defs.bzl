"""As it is written too often."""

def _attributes_impl(ctx):
    return []

attributes = rule(implementation = _attributes_impl, attrs = {"flags": attr.string_list()})

FLAGS = ["-DOPTION_%d=1" % i for i in range(600)]
