"""As it should be."""

KindsInfo = provider(fields = ["kinds"])

_KINDS = ["header", "source", "object"]

def _distinct_impl(ctx):
    return [KindsInfo(kinds = tuple(_KINDS))]

distinct = rule(implementation = _distinct_impl, attrs = {"deps": attr.label_list()})
