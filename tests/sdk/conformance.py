"""Starts the folder's own stub upstream and a gate that knows its key, then runs the folder's cases. See conformance.sh."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from gate import ACCOUNT, Gate, NotReady, write_bundle

ALL = {"policies": {"system": ["AdministratorAccess"]}}
USER = {"name": "conformance", "id": "200000000000000001", **ALL}
ROLE = {"name": "conformance", "id": "300000000000000001", "trust": "conformance", **ALL}
TRUST = {"conformance": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": "acs:ram::%s:root" % ACCOUNT}}]}
SESSION = {"AK": "STS.NConformance00000001", "SK": "conformanceSession+/0123", "TOKEN": "CAISconformance/0123456789+abcdefghijklmnop=="}


def key_of(folder):
    """AK and SK: from the environment, or as the folder's README exports them."""
    readme = (folder / "README.md").read_text() if (folder / "README.md").exists() else ""
    found = {name: os.environ.get(name) or "".join(re.findall(r"\b%s=(\S+)" % name, readme)[:1]) for name in ("AK", "SK")}
    if not all(found.values()):
        sys.exit("set AK and SK: the README.md of the folder does not name them")
    return found


def run(folder, port, key, *arguments):
    """One pass; returns the numbers of passed and failed cases."""
    environment = dict(os.environ, ENDPOINT="http://127.0.0.1:%d" % port, PYTHONDONTWRITEBYTECODE="1", **key)
    done = subprocess.run([sys.executable, "run.py", *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    words = [line.split(" ")[0] for line in done.stdout.splitlines()]
    passed, failed = words.count("ok"), words.count("fail")
    # A pass that ended badly without naming a case (nothing chosen, a crash) has failed as well.
    return passed, failed or int(done.returncode != 0)


def bundle_for(folder, upstream_port, key):
    """One user with the key and one role with the session, both of whom may do everything."""
    keys = [{"id": key["AK"], "user": USER["name"], "secret": key["SK"], "status": "Active"}]
    sessions = [{"id": SESSION["AK"], "secret": SESSION["SK"], "token": SESSION["TOKEN"], "role": ROLE["name"], "name": "conformance",
                 "expires": "2099-01-01T00:00:00Z"}]
    return write_bundle(folder, upstream_port, [USER], keys, roles=[ROLE], sessions=sessions, trust=TRUST)


def passes(folder, data, key, only):
    """Both callers, accepted and refused; the numbers of each pass."""
    numbers, chosen = [], ["--only=" + only] if only else []
    for who, caller in (("AccessKey", key), ("session", SESSION)):
        for what, kind in (("accepted", []), ("refused", ["--negative"])):
            print("# %s, must be %s" % (who, what), flush=True)
            numbers.append(run(folder, data, caller, *kind, *chosen))
    return numbers


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    key = key_of(folder)
    stub = subprocess.Popen([sys.executable, "stub_upstream.py", "--port", "0"], cwd=folder, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, text=True, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **key))
    bundle = pathlib.Path(tempfile.mkdtemp(prefix="ramgate-conformance-"))
    try:
        data, status = bundle_for(bundle, int(stub.stdout.readline().rpartition(":")[2]), key)
        with Gate(binary, bundle, status) as gate:
            numbers = passes(folder, data, key, os.environ.get("ONLY"))
        passed, failed = (sum(column) for column in zip(*numbers))
        if failed:
            print("---- the gate said:\n%s\n----" % gate.written(), file=sys.stderr)
    except NotReady as error:
        print(error, file=sys.stderr)
        passed, failed = 0, 1
    finally:
        stub.terminate()
        stub.wait()
        shutil.rmtree(bundle)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
