"""As it should be."""

NodesInfo = provider(fields = ["nodes"])

_NONE = []

def _empties_impl(ctx):
    return [NodesInfo(nodes = tuple([(i, _NONE, _NONE) for i in range(1000)]))]

empties = rule(implementation = _empties_impl, attrs = {"deps": attr.label_list()})
