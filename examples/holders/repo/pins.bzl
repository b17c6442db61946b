"""A repository rule whose parser keeps everything it has seen."""

def _parse(n):
    found = []
    for i in range(n):
        found.append({"coord": "org.example.g%d:artifact-%d" % (i, i), "seen": list(found[-40:])})
    return found

def _pins_impl(repository_ctx):
    artifacts = _parse(repository_ctx.attr.n)
    repository_ctx.file("BUILD", "# %d\nfilegroup(name = \"all\")\n" % len(artifacts))

pins = repository_rule(implementation = _pins_impl, attrs = {"n": attr.int()})
