"""As it is written too often."""

RecordsInfo = provider(fields = ["records"])

def _records(ctx):
    return ["%s record %d" % (ctx.label.name, i) for i in range(4)]

def _transitive_impl(ctx):
    records = _records(ctx)
    for dep in ctx.attr.deps:
        records += dep[RecordsInfo].records
    return [RecordsInfo(records = records)]

transitive = rule(implementation = _transitive_impl, attrs = {"deps": attr.label_list()})
