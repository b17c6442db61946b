"""The rule factory, and the rules it makes: one an implementation."""

load(":audit.bzl", "audit_aspect")
load(
    ":impls.bzl",
    "impl1",
    "impl10",
    "impl11",
    "impl12",
    "impl13",
    "impl14",
    "impl15",
    "impl16",
    "impl17",
    "impl18",
    "impl19",
    "impl2",
    "impl20",
    "impl21",
    "impl22",
    "impl23",
    "impl24",
    "impl25",
    "impl26",
    "impl27",
    "impl28",
    "impl29",
    "impl3",
    "impl30",
    "impl31",
    "impl32",
    "impl33",
    "impl34",
    "impl35",
    "impl36",
    "impl37",
    "impl38",
    "impl39",
    "impl4",
    "impl40",
    "impl5",
    "impl6",
    "impl7",
    "impl8",
    "impl9",
)
load(":providers.bzl", "LockInfo")

# Together the audits cost a fraction of what the locks do.
_AUDIT_ROUNDS = 20000

def lock_rule(implementation, audit):
    """A rule for locks, which audits its deps by an aspect of its own."""
    return rule(
        implementation = implementation,
        attrs = {
            "srcs": attr.label_list(allow_files = True),
            "data": attr.label_list(allow_files = True),
            "deps": attr.label_list(
                providers = [LockInfo],
                aspects = [audit],
            ),
        },
    )

# Bazel wants aspects to be top-level values of the file that defines them.
audit1 = audit_aspect(_AUDIT_ROUNDS)
audit2 = audit_aspect(_AUDIT_ROUNDS)
audit3 = audit_aspect(_AUDIT_ROUNDS)
audit4 = audit_aspect(_AUDIT_ROUNDS)
audit5 = audit_aspect(_AUDIT_ROUNDS)
audit6 = audit_aspect(_AUDIT_ROUNDS)
audit7 = audit_aspect(_AUDIT_ROUNDS)
audit8 = audit_aspect(_AUDIT_ROUNDS)
audit9 = audit_aspect(_AUDIT_ROUNDS)
audit10 = audit_aspect(_AUDIT_ROUNDS)
audit11 = audit_aspect(_AUDIT_ROUNDS)
audit12 = audit_aspect(_AUDIT_ROUNDS)
audit13 = audit_aspect(_AUDIT_ROUNDS)
audit14 = audit_aspect(_AUDIT_ROUNDS)
audit15 = audit_aspect(_AUDIT_ROUNDS)
audit16 = audit_aspect(_AUDIT_ROUNDS)
audit17 = audit_aspect(_AUDIT_ROUNDS)
audit18 = audit_aspect(_AUDIT_ROUNDS)
audit19 = audit_aspect(_AUDIT_ROUNDS)
audit20 = audit_aspect(_AUDIT_ROUNDS)
audit21 = audit_aspect(_AUDIT_ROUNDS)
audit22 = audit_aspect(_AUDIT_ROUNDS)
audit23 = audit_aspect(_AUDIT_ROUNDS)
audit24 = audit_aspect(_AUDIT_ROUNDS)
audit25 = audit_aspect(_AUDIT_ROUNDS)
audit26 = audit_aspect(_AUDIT_ROUNDS)
audit27 = audit_aspect(_AUDIT_ROUNDS)
audit28 = audit_aspect(_AUDIT_ROUNDS)
audit29 = audit_aspect(_AUDIT_ROUNDS)
audit30 = audit_aspect(_AUDIT_ROUNDS)
audit31 = audit_aspect(_AUDIT_ROUNDS)
audit32 = audit_aspect(_AUDIT_ROUNDS)
audit33 = audit_aspect(_AUDIT_ROUNDS)
audit34 = audit_aspect(_AUDIT_ROUNDS)
audit35 = audit_aspect(_AUDIT_ROUNDS)
audit36 = audit_aspect(_AUDIT_ROUNDS)
audit37 = audit_aspect(_AUDIT_ROUNDS)
audit38 = audit_aspect(_AUDIT_ROUNDS)
audit39 = audit_aspect(_AUDIT_ROUNDS)
audit40 = audit_aspect(_AUDIT_ROUNDS)

lock1 = lock_rule(impl1, audit1)
lock2 = lock_rule(impl2, audit2)
lock3 = lock_rule(impl3, audit3)
lock4 = lock_rule(impl4, audit4)
lock5 = lock_rule(impl5, audit5)
lock6 = lock_rule(impl6, audit6)
lock7 = lock_rule(impl7, audit7)
lock8 = lock_rule(impl8, audit8)
lock9 = lock_rule(impl9, audit9)
lock10 = lock_rule(impl10, audit10)
lock11 = lock_rule(impl11, audit11)
lock12 = lock_rule(impl12, audit12)
lock13 = lock_rule(impl13, audit13)
lock14 = lock_rule(impl14, audit14)
lock15 = lock_rule(impl15, audit15)
lock16 = lock_rule(impl16, audit16)
lock17 = lock_rule(impl17, audit17)
lock18 = lock_rule(impl18, audit18)
lock19 = lock_rule(impl19, audit19)
lock20 = lock_rule(impl20, audit20)
lock21 = lock_rule(impl21, audit21)
lock22 = lock_rule(impl22, audit22)
lock23 = lock_rule(impl23, audit23)
lock24 = lock_rule(impl24, audit24)
lock25 = lock_rule(impl25, audit25)
lock26 = lock_rule(impl26, audit26)
lock27 = lock_rule(impl27, audit27)
lock28 = lock_rule(impl28, audit28)
lock29 = lock_rule(impl29, audit29)
lock30 = lock_rule(impl30, audit30)
lock31 = lock_rule(impl31, audit31)
lock32 = lock_rule(impl32, audit32)
lock33 = lock_rule(impl33, audit33)
lock34 = lock_rule(impl34, audit34)
lock35 = lock_rule(impl35, audit35)
lock36 = lock_rule(impl36, audit36)
lock37 = lock_rule(impl37, audit37)
lock38 = lock_rule(impl38, audit38)
lock39 = lock_rule(impl39, audit39)
lock40 = lock_rule(impl40, audit40)

LOCK_RULES = [
    lock1,
    lock2,
    lock3,
    lock4,
    lock5,
    lock6,
    lock7,
    lock8,
    lock9,
    lock10,
    lock11,
    lock12,
    lock13,
    lock14,
    lock15,
    lock16,
    lock17,
    lock18,
    lock19,
    lock20,
    lock21,
    lock22,
    lock23,
    lock24,
    lock25,
    lock26,
    lock27,
    lock28,
    lock29,
    lock30,
    lock31,
    lock32,
    lock33,
    lock34,
    lock35,
    lock36,
    lock37,
    lock38,
    lock39,
    lock40,
]
