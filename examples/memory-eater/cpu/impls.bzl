"""Numbered rule implementations that use the processor and hold nothing.

They dilute the profile: in a real code base, too, the culprit is one function
of many, and each of these runs longer than the 50 ms from which Bazel records
a call. One function a number, because a profile knows functions by name, and
because the Starlark of Bazel 4 and older has no closures to make them with.
"""

load(":providers.bzl", "LockInfo")

ROUNDS = 200000

def _finish(ctx, number, text):
    out = ctx.actions.declare_file(ctx.label.name + ".lock")
    ctx.actions.write(out, text + "\n")
    return [
        DefaultInfo(files = depset([out])),
        LockInfo(number = number, digest = text),
    ]

def impl1(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 1, text)

def impl2(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 2, text)

def impl3(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 3, text)

def impl4(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 4, text)

def impl5(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 5, text)

def impl6(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 6, text)

def impl7(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 7, text)

def impl8(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 8, text)

def impl9(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 9, text)

def impl10(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 10, text)

def impl11(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 11, text)

def impl12(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 12, text)

def impl13(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 13, text)

def impl14(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 14, text)

def impl15(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 15, text)

def impl16(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 16, text)

def impl17(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 17, text)

def impl18(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 18, text)

def impl19(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 19, text)

def impl20(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 20, text)

def impl21(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 21, text)

def impl22(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 22, text)

def impl23(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 23, text)

def impl24(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 24, text)

def impl25(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 25, text)

def impl26(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 26, text)

def impl27(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 27, text)

def impl28(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 28, text)

def impl29(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 29, text)

def impl30(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 30, text)

def impl31(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 31, text)

def impl32(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 32, text)

def impl33(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 33, text)

def impl34(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 34, text)

def impl35(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 35, text)

def impl36(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 36, text)

def impl37(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 37, text)

def impl38(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 38, text)

def impl39(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 39, text)

def impl40(ctx):
    text = ctx.label.name
    for i in range(ROUNDS):
        text = (text + "%d" % i)[-16:]
    return _finish(ctx, 40, text)
