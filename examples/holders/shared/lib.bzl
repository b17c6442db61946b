"""A helper that ten rules call, nine of them for a hundred rows."""

def collect(name, n):
    kept = []
    for i in range(n):
        kept.append((name, "item %d" % i, [i]))
    return kept
