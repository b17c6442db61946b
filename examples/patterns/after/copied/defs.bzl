"""As it should be."""

DefaultsInfo = provider(fields = ["defaults"])

_DEFAULTS = ["default %d" % i for i in range(2000)]

def _copied_impl(ctx):
    return [DefaultsInfo(defaults = _DEFAULTS)]

copied = rule(implementation = _copied_impl, attrs = {"deps": attr.label_list()})
