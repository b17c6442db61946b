"""As it should be."""

RecordsInfo = provider(fields = ["records"])

def _records(ctx):
    return ["%s record %d" % (ctx.label.name, i) for i in range(4)]

def _transitive_impl(ctx):
    return [RecordsInfo(records = depset(_records(ctx), transitive = [dep[RecordsInfo].records for dep in ctx.attr.deps]))]

transitive = rule(implementation = _transitive_impl, attrs = {"deps": attr.label_list()})
