"""A helper that two rules call to make what they hand on."""

TableInfo = provider(fields = ["rows"])

def table_info(name, n):
    return TableInfo(rows = ["%s row %d" % (name, i) for i in range(n)])
