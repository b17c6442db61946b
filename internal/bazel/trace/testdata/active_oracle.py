#!/usr/bin/env python3
"""What was active at the end of a trace profile: the oracle of TestActive.

Usage: active_oracle.py CLOSE,MEDIUM,FAR PROFILE...

Prints "== PROFILE VIEW" and the lines of that view, for each profile and view.

Written from the description of memory-adventure's parse-profile.py and not
from the Go code beside it, nor from that script. It holds the whole profile in
memory and looks at every event for each question, which is slow and hard to
get wrong.
"""

import json
import sys
import zlib

STARLARK = "Starlark user function call"


def unpack(path):
    """What zcat gives, also of a stream that is cut; plain files as they are."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:2] != b"\x1f\x8b":
        return data.decode("utf-8", "replace")
    return zlib.decompressobj(wbits=31).decompress(data).decode("utf-8", "replace")


def repair(text):
    """Close a profile that is cut: its last line goes, with what is in it."""
    if text.endswith("\n}"):
        return text
    lines = text.splitlines()[:-1]
    if not lines or "traceEvents" not in lines[0]:
        return '{"traceEvents":[]}'
    lines[-1] = lines[-1].rstrip(",")
    return "\n".join(lines) + "\n]}"


def show(view, names, calls, windows):
    if not calls:
        return
    latest = max(end for end, _, _, _ in calls)
    if view == "threads":
        for thread in {thread for _, _, thread, _ in calls}:
            end, _, _, function = max(c for c in calls if c[2] == thread)
            if latest - end <= windows["far"]:
                print(names[thread], function, end)
        return
    for window in windows if view == "histogram" else [view]:
        for end, _, _, function in sorted(calls):
            if latest - end < windows[window]:
                prefix = [window] if view == "histogram" else []
                print(*prefix, function, end)


def main():
    close, medium, far = (int(float(t)) for t in sys.argv[1].split(","))
    windows = {"far": far, "medium": medium, "close": close}
    for path in sys.argv[2:]:
        names = {}
        calls = []  # (end, place in the file, thread, function)
        events = json.loads(repair(unpack(path)))["traceEvents"]
        for place, event in enumerate(events):
            if event.get("name") == "thread_name":
                names[event["tid"]] = event["args"]["name"].replace(" ", "-")
            if event.get("cat") == STARLARK and "dur" in event:
                calls.append((event["ts"] + event["dur"], place, event["tid"], event["name"]))
        for view in ["threads", "histogram", "close", "medium", "far"]:
            print("==", path, view)
            show(view, names, calls, windows)


if __name__ == "__main__":
    main()
