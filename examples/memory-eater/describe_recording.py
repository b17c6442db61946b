"""Writes measurement.json beside a build's parts, and makes bep.json neutral.

Called by ./record. The fields are those of measurement.Record; one that is
not known is absent.
"""

import argparse
import json
import os
import pathlib
import re

# Exit codes of Bazel (ExitCode.java), and of timeout(1).
STATUSES = {0: "ok", 33: "out_of_memory", 37: "server_died", 124: "timeout", 137: "timeout"}
UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def limit_bytes(text):
    return int(text[:-1]) * UNITS[text[-1]] if text[-1] in UNITS else int(text)


def is_environment(item):
    """Whether an item is a variable of the client's environment."""
    if isinstance(item, dict):
        return item.get("optionName") == "client_env"
    return isinstance(item, str) and item.startswith("--client_env=")


def neutral(value):
    """A JSON value without the client's environment, its host and its user."""
    if isinstance(value, list):
        return [neutral(item) for item in value if not is_environment(item)]
    if not isinstance(value, dict):
        return value
    if value.get("key") == "BUILD_HOST":
        return {"key": "BUILD_HOST", "value": "host"}
    if value.get("key") == "BUILD_USER":
        return {"key": "BUILD_USER", "value": "builder"}
    return {key: neutral(item) for key, item in value.items()}


def strip_events(path):
    """Rewrites a BEP file line by line; a last line that is cut is left out."""
    invocation = pid = None
    lines = []
    for line in path.read_text().splitlines():
        try:
            event = neutral(json.loads(line))
        except json.JSONDecodeError:
            break
        started = event.get("started", {})
        invocation = started.get("uuid", invocation)
        pid = started.get("serverPid", pid)
        lines.append(json.dumps(event, separators=(",", ":")))
    path.write_text("".join(line + "\n" for line in lines))
    return invocation, pid


def first_error(console):
    for line in console.splitlines():
        if re.match(r"(FATAL|ERROR|Server terminated)", line):
            return line
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    for name in ("limit", "run", "start", "end", "version", "workspace", "output-base"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--exit-code", type=int, required=True)
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()

    invocation = pid = None
    if (args.folder / "bep.json").exists():
        invocation, pid = strip_events(args.folder / "bep.json")
    record = {
        "schema": 1,
        "command": args.command,
        "memory_limit_bytes": limit_bytes(args.limit),
        "mode": "regular",
        "run": args.run,
        "bazel_version": args.version if args.version != "no_version" else None,
        "host_cores": os.cpu_count(),
        "host_memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "start": args.start,
        "end": args.end,
        "exit_code": args.exit_code,
        "status": STATUSES.get(args.exit_code, "failed"),
        "first_error": first_error((args.folder / "console").read_text(errors="replace")),
        "invocation_id": invocation,
        "workspace": args.workspace,
        "output_base": args.output_base,
        "server_pid": int(pid) if pid else None,
    }
    known = {key: value for key, value in record.items() if value is not None}
    (args.folder / "measurement.json").write_text(json.dumps(known, indent=2) + "\n")


main()
