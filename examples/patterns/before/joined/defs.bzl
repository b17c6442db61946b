"""As it is written too often."""

TextInfo = provider(fields = ["text"])

def _text(ctx):
    return "%s was visited, and this was said of it\n" % ctx.label.name

def _joined_impl(ctx):
    return [TextInfo(text = "".join([dep[TextInfo].text for dep in ctx.attr.deps]) + _text(ctx))]

joined = rule(implementation = _joined_impl, attrs = {"deps": attr.label_list()})
