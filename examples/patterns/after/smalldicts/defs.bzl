"""As it should be."""

RowsInfo = provider(fields = ["rows"])

def _smalldicts_impl(ctx):
    return [RowsInfo(rows = tuple([struct(name = "row %d of %s" % (i, ctx.label.name), index = i) for i in range(1000)]))]

smalldicts = rule(implementation = _smalldicts_impl, attrs = {"deps": attr.label_list()})
