"""The macro that makes the targets."""

load(":rules.bzl", "LOCK_RULES")

# Locks stand in floors of this many. Each depends on the one below it, so the
# number of floors is the depth of the graph.
_WIDTH = 5

def locks(first, last, base = None, **kwargs):
    """Targets lock_<first> … lock_<last>, each by a rule of its own.

    Args:
      first: the number of the first lock.
      last: the number of the last one.
      base: what the locks depend on; the lock one floor down if absent.
      **kwargs: what else every lock gets.
    """
    for number in range(first, last + 1):
        deps = [base] if base else []
        if not base and number > _WIDTH:
            deps = [":lock_%d" % (number - _WIDTH)]
        LOCK_RULES[number - 1](
            name = "lock_%d" % number,
            deps = deps,
            **kwargs
        )
