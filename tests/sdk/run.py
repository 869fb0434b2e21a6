#!/usr/bin/env python3
"""Drives the gate with real SDKs: one line per case, last `N passed, M failed`. Status 1 when a case failed or none ran."""
import argparse
import logging
import pathlib
import re
import shutil
import sys
import tempfile
import time
import warnings

import cases
import names
import table
from cases.node import WORKER
from gate import Gate, NotReady, write_bundle
from relay import Relay
from upstream import Upstream


def report(name, scheme, started, problem, detail):
    line = "%s %s [%s] %s" % ("FAIL" if problem else "ok  ", name, scheme, detail)
    print("%s (%d ms)" % (re.sub(r"\s+", " ", line)[:700], (time.monotonic() - started) * 1000), flush=True)


def attempt(name, scheme, function):
    """Runs one case; true when it ended as it has to."""
    started = time.monotonic()
    try:
        detail = function()
    except Exception as error:                         # a case that breaks in an unforeseen way has failed as well
        kind = "" if isinstance(error, cases.Failed) else type(error).__name__ + ": "
        report(name, scheme, started, True, kind + str(error))
        return False
    report(name, scheme, started, False, detail)
    return True


def summary(results, sent=0):
    print("%d requests sent by the SDKs" % sent)
    print("%d passed, %d failed" % (results.count(True), results.count(False)), flush=True)
    return 0 if results and all(results) else 1


def way_to(port):
    """The relay that all SDKs of this process and of Node are led to."""
    way = Relay(port)
    names.lead_to(way.port)
    WORKER.relay_port = way.port
    return way


def mute(folder):
    """The gate must have recorded the calls, and none of it may hold a secret."""
    audit = (folder / "audit.jsonl").read_text()
    if not audit.strip():
        raise cases.Failed("the audit file is empty")
    written = audit + "".join((folder / name).read_text(errors="replace") for name in ("gate.out", "gate.err"))
    for caller in cases.CALLERS:
        if caller.secret in written or caller.token and caller.token in written:
            raise cases.Failed("the secret or the token of %s stands in the audit file or the log" % caller.key)
    return "%d audit lines" % len(audit.splitlines())


def alive(gate):
    if not gate.running():
        raise cases.Failed("the gate ended by itself with status %s" % gate.process.returncode)
    return "still running"


def through_gate(binary, chosen, folder):
    upstream = Upstream()
    data, status = write_bundle(folder, upstream.port, **cases.WORLD)
    way = way_to(data)
    with Gate(binary, folder, status) as gate:
        results = [attempt(c.name, c.scheme, lambda: c.run(way, upstream)) for c in chosen]
        if chosen:
            results.append(attempt("gate-alive", "all", lambda: alive(gate)))
    if chosen:
        results.append(attempt("no-secret-written", "all", lambda: mute(folder)))
    if not all(results):
        print("---- the gate said:\n%s\n----" % gate.written(), file=sys.stderr)
    return summary(results, way.sent)


def without_gate(chosen):
    """Do the cases themselves work? With nothing in between, every call goes through, every check has something to
    complain about, and every SDK can read the refusal that a case expects."""
    upstream = Upstream()
    way = way_to(upstream.port)

    def expected(case):
        upstream.signing = {case.caller.key: case.caller.secret}
        return case.without_gate(way, upstream)

    results = [attempt(c.name, c.scheme, lambda: expected(c)) for c in chosen]
    return summary(results + [attempt("readme", "all", table.check)], way.sent)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, help="the gate")
    parser.add_argument("--without-gate", action="store_true", help="check the cases themselves: positive calls pass, every check bites")
    parser.add_argument("--only", default="", help="regular expression on the case name")
    parser.add_argument("--list", action="store_true", help="print the names, call nothing")
    parser.add_argument("--table", action="store_true", help="print the table of README.md, call nothing")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the bundle, the log and the audit file")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    chosen = [c for c in cases.CASES if re.search(arguments.only, c.name)]
    if arguments.list:
        print("\n".join("%s [%s] %s" % (c.name, c.scheme, c.sdk.name) for c in chosen))
        return 0
    if arguments.table:
        print(table.table())
        return 0
    if arguments.without_gate:
        return without_gate(chosen)
    if not arguments.binary:
        parser.error("--binary is needed")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ramgate-sdk-"))
    try:
        return through_gate(arguments.binary, chosen, folder)
    except NotReady as error:
        print(error, file=sys.stderr)
        return summary([False])
    finally:
        if arguments.keep:
            print("kept: %s" % folder, file=sys.stderr)
        else:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
