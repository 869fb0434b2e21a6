"""Writes a bundle and runs the gate on it."""
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

ACCOUNT = "1234567890123456"
REGION = "cn-hangzhou"
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


def write_bundle(folder, upstream_port, users, keys, groups=(), policies=None, revoked_keys=()):
    """The files of one gate; returns the ports of its data and its status listener."""
    folder = pathlib.Path(folder)
    data, status = free_port(), free_port()
    routes = [{"name": name, "products": [name], "upstream": "http://127.0.0.1:%d" % upstream_port, "region": REGION} for name in ("ecs", "fc")]
    routes[1]["literal_paths"] = True            # a function name may hold an escaped slash here
    (folder / "ramgate.yaml").write_text(
        "account: %s\n" % json.dumps(ACCOUNT)
        + "listen: { data: 127.0.0.1:%d, status: 127.0.0.1:%d }\n" % (data, status)
        + "files: { directory: directory.yaml, policies: policies, keys: secrets/access-keys.yaml, revocations: revocations.yaml }\n"
        + "routes:" + yaml_list(routes)
        + "audit: { file: audit.jsonl }\n")
    (folder / "directory.yaml").write_text("users:" + yaml_list(users) + "groups:" + yaml_list(groups))
    (folder / "revocations.yaml").write_text("access_keys: %s\nusers: []\n" % json.dumps(list(revoked_keys)))
    (folder / "policies").mkdir()
    for name, statements in (policies or {}).items():
        document = {"Version": "1", "Statement": statements}
        (folder / "policies" / (name + ".json")).write_text(json.dumps(document, indent=2) + "\n")
    (folder / "secrets").mkdir(mode=0o700)
    secrets = os.open(folder / "secrets" / "access-keys.yaml", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(secrets, "w") as file:
        file.write("keys:" + yaml_list(keys))
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
