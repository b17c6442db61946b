"""A macro whose helper makes the rows."""

def _rows(name, n):
    rows = []
    for i in range(n):
        rows.append([name, i, "row %d" % i])
    return rows

def tables(name, n):
    native.filegroup(name = name, srcs = [str(r) for r in _rows(name, n)][:1])
