"""As it should be."""

NoticeInfo = provider(fields = ["notice"])

def _notice(year):
    return "Copyright %d, all rights reserved; see the file LICENSE for what is allowed. " % year * 400

_NOTICE = _notice(2026)

def _equal_impl(ctx):
    return [NoticeInfo(notice = _NOTICE)]

equal = rule(implementation = _equal_impl, attrs = {"deps": attr.label_list()})
