"""As it should be."""

TextInfo = provider(fields = ["text"])

def _text(ctx):
    return "%s was visited, and this was said of it\n" % ctx.label.name

def _joined_impl(ctx):
    return [TextInfo(text = depset([_text(ctx)], transitive = [dep[TextInfo].text for dep in ctx.attr.deps]))]

joined = rule(implementation = _joined_impl, attrs = {"deps": attr.label_list()})
