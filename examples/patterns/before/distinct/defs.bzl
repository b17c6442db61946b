"""As it is written too often."""

KindsInfo = provider(fields = ["kinds"])

_KINDS = ["header", "source", "object"]

def _distinct_impl(ctx):
    return [KindsInfo(kinds = tuple([_KINDS[i % 3] for i in range(20000)]))]

distinct = rule(implementation = _distinct_impl, attrs = {"deps": attr.label_list()})
