"""Writes a bundle and runs the gate on it."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

ACCOUNT = "1234567890123456"
REGION = "cn-hangzhou"
BUILT_IN = pathlib.Path(__file__).parents[2] / "policies" / "catalog"
CATALOG = pathlib.Path(__file__).parent / "catalog"
# What each product's route says beside its name, upstream and region.
ROUTES = {
    "ecs": {}, "vpc": {}, "rds": {}, "slb": {}, "arms": {}, "sas": {}, "kms": {}, "sts": {}, "ram": {}, "cs": {}, "ots": {}, "mns": {}, "fc-trigger": {}, "sls": {},
    "fc": {"literal_paths": True},               # a function name may hold an escaped slash here
    # Keys are opaque: `//` and dot segments are part of them. `oss2` signs the body of a tagging call in no way.
    "oss": {"literal_paths": True, "accept_unsigned": ["bodies"]},
}
READY_SECONDS = 15
STOP_SECONDS = 10


class NotReady(Exception):
    """The gate did not start to serve."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def yaml_list(items):
    """A YAML list of flow mappings. JSON is YAML, so that nothing has to be escaped by hand."""
    return " []\n" if not items else "\n" + "".join("  - %s\n" % json.dumps(item) for item in items)


def older_function_compute():
    """The built-in description of Function Compute with the version that `aliyun-fc2` calls: the paths of its successor."""
    text = (BUILT_IN / "fc.yaml").read_text()
    head, *operations = text.split("\n  - name: ")
    older = [operation.replace("2021-04-06", "2016-08-15") for operation in operations if "api: '2021-04-06'" in operation]
    head = head.replace("versions: [", "versions: ['2016-08-15', ")
    return "\n  - name: ".join([head] + [operation.rstrip() for operation in operations + older]) + "\n" + (CATALOG / "fc.additions").read_text()


def write_policies(folder, policies):
    folder.mkdir()
    for name, statements in policies.items():
        (folder / (name + ".json")).write_text(json.dumps({"Version": "1", "Statement": statements}, indent=2) + "\n")


def write_bundle(folder, upstream_port, users, keys, groups=(), roles=(), sessions=(), policies=None, trust=None, revoked_keys=(), routes=(), files="",
                 more=""):
    """The files of one gate; returns the ports of its data and its status listener. `routes`: what some say besides; `files` and
    `more`: text that goes into that section, and behind all."""
    folder = pathlib.Path(folder)
    data, status = free_port(), free_port()
    routes = [{"name": name, "products": [name], "upstream": "http://127.0.0.1:%d" % upstream_port, "region": REGION, **says}
              for name, says in {**ROUTES, **dict(routes)}.items()]
    (folder / "ramgate.yaml").write_text(
        "account: %s\n" % json.dumps(ACCOUNT)
        + "listen: { data: 127.0.0.1:%d, status: 127.0.0.1:%d }\n" % (data, status)
        + "files: { directory: directory.yaml, policies: policies, trust_policies: trust-policies, keys: secrets/access-keys.yaml,\n"
        + "         revocations: revocations.yaml, catalog: catalog%s }\n" % files
        + "routes:" + yaml_list(routes)
        # An SDK keeps its connection for later, which on a busy machine is more than the minute that the gate would give it.
        + "limits: { idle_seconds: 600 }\n"
        + "audit: { file: audit.jsonl }\n" + more)
    (folder / "directory.yaml").write_text("users:" + yaml_list(users) + "groups:" + yaml_list(groups) + "roles:" + yaml_list(roles))
    shutil.copytree(CATALOG, folder / "catalog", ignore=shutil.ignore_patterns("*.additions"))
    (folder / "catalog" / "fc.yaml").write_text(older_function_compute())
    (folder / "revocations.yaml").write_text("access_keys: %s\nusers: []\n" % json.dumps(list(revoked_keys)))
    write_policies(folder / "policies", policies or {})
    write_policies(folder / "trust-policies", trust or {})
    (folder / "secrets").mkdir(mode=0o700)
    secrets = os.open(folder / "secrets" / "access-keys.yaml", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(secrets, "w") as file:
        file.write("keys:" + yaml_list(keys) + "sessions:" + yaml_list(sessions))
    return data, status


class Gate:
    """`with Gate(binary, folder, status_port):` starts it, waits until it is ready, and stops it at the end."""

    def __init__(self, binary, folder, status_port):
        self.folder, self.status = pathlib.Path(folder), status_port
        self.command = [str(binary), "serve", "--config", str(self.folder / "ramgate.yaml")]
        self.process = None

    def __enter__(self):
        with open(self.folder / "gate.out", "wb") as out, open(self.folder / "gate.err", "wb") as err:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_ready(self):
        deadline = time.monotonic() + READY_SECONDS
        while not self.ready():
            if self.process.poll() is not None:
                raise NotReady("the gate ended at once with status %d:\n%s" % (self.process.returncode, self.written()))
            if time.monotonic() > deadline:
                raise NotReady("the gate was not ready after %d s:\n%s" % (READY_SECONDS, self.written()))
            time.sleep(0.05)
        # Signatures carry whole seconds, and a gate refuses what was signed before it started: begin in the next one.
        time.sleep(1.05 - time.time() % 1)

    def ready(self):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/readyz" % self.status, timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def running(self):
        return self.process.poll() is None

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def written(self):
        """All that the gate has said, for a person."""
        return "".join((self.folder / name).read_text(errors="replace")[-4000:] for name in ("gate.out", "gate.err"))
