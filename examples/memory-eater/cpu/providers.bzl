"""What locks and audits hand on."""

LockInfo = provider(
    doc = "A lock.",
    fields = {
        "number": "int: which implementation made it",
        "digest": "string: what its loop came to",
    },
)

AuditInfo = provider(
    doc = "What an audit found.",
    fields = {"entries": "depset of strings: what was found, a line a lock"},
)
