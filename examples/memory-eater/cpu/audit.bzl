"""An aspect factory: each kind of lock audits what it depends on."""

load(":providers.bzl", "AuditInfo", "LockInfo")

def _impl(target, ctx):
    check = 0
    for i in range(ctx.attr._rounds):
        check = (check * 31 + i) % 65521
    entry = "%s %s %d" % (target.label, target[LockInfo].digest, check)
    return [AuditInfo(entries = depset([entry]))]

def audit_aspect(rounds):
    """An aspect that looks at a lock's direct dependencies for so many rounds."""
    return aspect(
        implementation = _impl,
        attrs = {"_rounds": attr.int(default = rounds)},
    )
