"""Which SDKs the cases call, in which version, and with which signatures: the table of README.md, made from the cases."""
import json
import pathlib
import re

import cases

FOLDER = pathlib.Path(__file__).parent


def versions():
    """Language and version by package name, as pinned."""
    python = re.findall(r"^([\w.-]+)==(\S+)$", (FOLDER / "requirements.txt").read_text(), re.MULTILINE)
    node = json.loads((FOLDER / "node" / "package.json").read_text())["dependencies"]
    return {**{name: ("Python", version) for name, version in python}, **{name: ("Node", version) for name, version in node.items()}}


def rows():
    pinned, schemes = versions(), {}
    for case in cases.CASES:
        if isinstance(case, cases.Allowed):
            schemes.setdefault(case.sdk.name, {})[case.scheme] = True
    for name, signed in schemes.items():
        yield "| `%s` | %s | %s | %s |" % ((name,) + pinned[name] + (", ".join(signed),))


def table():
    return "\n".join(["| SDK | language | version | signatures |", "|---|---|---|---|"] + list(rows()))


def check():
    if table() not in (FOLDER / "README.md").read_text():
        raise cases.Failed("the table of README.md is out of date: run.sh --table prints the new one")
    return "README.md lists what is called"
