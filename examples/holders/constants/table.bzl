"""A constant that a helper makes."""

def _make(n):
    entries = []
    for i in range(n):
        entries.append("entry %d of the table" % i)
    return entries

TABLE = _make(3000000)
