"""Exhausts the heap in a macro, while a BUILD file is loaded."""

def _entry_impl(ctx):
    return []

entry = rule(
    implementation = _entry_impl,
    attrs = {"about": attr.string()},
)

def table_macro(name, rows):
    """A target about the longest of so many rows, all kept until then."""
    table = {}
    for number in range(rows):
        table["row %d" % number] = "%s %d %s" % (name, number, "." * 400)
    longest = 0
    for row in table.values():
        longest = max(longest, len(row))
    entry(name = name, about = "the longest row has %d characters" % longest)
