"""As it should be."""

ItemsInfo = provider(fields = ["items"])

def _items(ctx):
    lists = []
    names = ["%s %d" % (ctx.label.name, i) for i in range(400)]
    for i in range(300):
        one = []
        for k in range(20 + i % 2):
            one.append(names[i + k])
        lists.append(one)
    return lists

def _halfempty_impl(ctx):
    return [ItemsInfo(items = tuple([one[:] for one in _items(ctx)]))]

halfempty = rule(implementation = _halfempty_impl, attrs = {"deps": attr.label_list()})
