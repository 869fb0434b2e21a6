"""Starts the folder's own stub upstream and a gate that knows its key, then runs the folder's cases. See conformance.sh."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from gate import Gate, NotReady, write_bundle

ONLY = os.environ.get("ONLY", "(acs3-rpc|acs3-roa|rpc-v1)")
ADMIN = {"name": "conformance", "id": "200000000000000001", "policies": {"system": ["AdministratorAccess"]}}


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


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    key = key_of(folder)
    stub = subprocess.Popen([sys.executable, "stub_upstream.py", "--port", "0"], cwd=folder, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, text=True, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **key))
    bundle = pathlib.Path(tempfile.mkdtemp(prefix="ramgate-conformance-"))
    try:
        upstream_port = int(stub.stdout.readline().rpartition(":")[2])
        data, status = write_bundle(bundle, upstream_port, [ADMIN], [{"id": key["AK"], "user": ADMIN["name"], "secret": key["SK"], "status": "Active"}])
        with Gate(binary, bundle, status) as gate:
            accepted = run(folder, data, key, "--only=^" + ONLY)
            refused = run(folder, data, key, "--negative", "--only=-" + ONLY)
        passed, failed = accepted[0] + refused[0], accepted[1] + refused[1]
        if failed:
            print("---- the gate said:\n%s\n----" % gate.written(), file=sys.stderr)
    except NotReady as error:
        print(error, file=sys.stderr)
        passed, failed, accepted, refused = 0, 1, (0, 1), (0, 0)
    finally:
        stub.terminate()
        stub.wait()
        shutil.rmtree(bundle)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not accepted[0] or not refused[0] else 0


if __name__ == "__main__":
    sys.exit(main())
