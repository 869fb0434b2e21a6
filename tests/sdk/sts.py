"""Official credentials providers and STS SDKs against a gate that issues sessions: each obtains one, calls ECS and OSS with it through the
gate, and is refused when the session has been ended or is over. See sts.sh.

Over https with a certificate of `ramgate dev-cert`: the providers speak nothing else to STS.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

import minting
from cases.bucket import BUCKET
from cases.model import CREDENTIAL_HEADERS
from gate import ACCOUNT, REGION, Gate, free_port, write_bundle
from upstream import Upstream

HERE = pathlib.Path(__file__).parent
STS = "sts.%s.aliyuncs.com" % REGION
HOSTS = ("ecs.%s.aliyuncs.com" % REGION, STS, "sts.aliyuncs.com", "oss-%s.aliyuncs.com" % REGION, "%s.oss-%s.aliyuncs.com" % (BUCKET, REGION))
TRUST = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
LEFT_SECONDS = 6                    # of the session that is about to end
FORCE_SECONDS = 1.0                 # when an edit has to be in force
USES = 10                           # that one session has to be enough for

APP = {"name": "app", "id": "200000000000000041", "key": "LTAI5tStsRunApp000000001", "secret": "runAppSecret0123456789abcdefgh"}
LEAVER = {"name": "leaver", "id": "200000000000000042", "key": "LTAI5tStsRunLeaver000001", "secret": "runLeaverSecret0123456789abcde"}
USERS = (APP, LEAVER)
ROLES = {name: "3000000000000000%d" % (51 + index) for index, name in enumerate(("asked", "provided", "first", "second", "profiled", "old"))}


def arn(role):
    return "acs:ram::%s:role/%s" % (ACCOUNT, role)


# ------------------------------------------------------------------ who calls, and how they come to their credentials
@dataclass
class Language:
    name: str
    command: list
    services: tuple
    refused: dict                   # by service: what its SDK raises for a session that has ended

    def worker(self, environment):
        return Worker(self, environment)


GONE = "InvalidSecurityToken.Expired"
PYTHON = Language("python", [sys.executable, "sts_calls.py"], ("ecs", "sts", "oss2", "oss-v2"),
                  {"ecs": ("ClientException", GONE), "sts": ("ClientException", GONE), "oss2": ("ServerError", "SecurityTokenExpired"),
                   "oss-v2": ("ServiceError", "SecurityTokenExpired")})
NODE = Language("node", [os.environ["NODE"], "--require", "./node/names.js", "node/sts.js"], ("ecs", "sts", "oss"),
                {"ecs": ("Error", GONE), "sts": ("ClientError", GONE), "oss": ("SecurityTokenExpiredError", "SecurityTokenExpired")})
LANGUAGES = (PYTHON, NODE)


class Refused(Exception):
    """What the SDK raised."""

    def __init__(self, error):
        super().__init__("%(class)s %(code)s: %(message)s" % error)
        self.error = error


class Worker:
    """A program that uses SDKs of one language, in an environment of its own."""

    def __init__(self, language, environment):
        self.process = subprocess.Popen(language.command, cwd=HERE, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, do, **more):
        self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        if "error" in said:
            raise Refused(said["error"])
        return said["value"]

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


@dataclass
class Way:
    """A way to credentials."""
    name: str
    role: str
    provider: str                   # as the SDKs name it
    config: dict = None             # none: the default chain
    environment: dict = field(default_factory=dict)
    sessions: int = 1               # that the provider asks for
    ends: str = ""                  # with what: the `user` at its source, its `role`, the `session` itself, another session
    session: str = ""


def assuming(role, user, endpoint):
    return {"type": "ram_role_arn", "access_key_id": user["key"], "access_key_secret": user["secret"], "role_arn": arn(role),
            "role_session_name": "sdk-run", "sts_endpoint": endpoint}


def profile(folder):
    """The configuration file of the command-line tool, in a home of its own."""
    (folder / "home" / ".aliyun").mkdir(parents=True)
    one = {"name": "default", "mode": "RamRoleArn", "access_key_id": APP["key"], "access_key_secret": APP["secret"], "ram_role_arn": arn("profiled"),
           "ram_session_name": "sdk-run", "expired_seconds": 3600, "sts_region": REGION, "region_id": REGION}
    (folder / "home" / ".aliyun" / "config.json").write_text(json.dumps({"current": "default", "profiles": [one]}))
    return str(folder / "home")


# ------------------------------------------------------------------ the gate
def write_world(binary, folder, upstream):
    """The bundle of a gate that issues sessions; returns the ports of its TLS and its status listener."""
    may = {"policies": {"custom": ["work"]}}
    tls = free_port()
    _, status = write_bundle(
        folder, upstream.port,
        users=[{"name": user["name"], "id": user["id"], **may} for user in USERS],
        keys=[{"id": user["key"], "user": user["name"], "secret": user["secret"], "status": "Active"} for user in USERS],
        roles=[{"name": name, "id": number, "trust": "anybody", **may} for name, number in ROLES.items()],
        trust={"anybody": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": "acs:ram::%s:root" % ACCOUNT}}]},
        policies={"work": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "ecs:DescribeInstances", "oss:PutObject"], "Resource": "*"}]},
        routes={"sts": {"upstream": "local", "hosts": [{"name": "localhost"}]}},
        files=", token_ring: secrets/ring.json",
        more="sts: { issuer_key: issuer/issuer.key }\n")
    file = folder / "ramgate.yaml"
    listen = "listen: { tls: { address: 127.0.0.1:%d, certificate: dev-cert/server.pem, key: dev-cert/server.key }," % tls
    file.write_text(file.read_text().replace("listen: {", listen))
    (folder / "issuer").mkdir(mode=0o700)
    run = lambda *words: subprocess.run([binary, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    run("dev-cert", "--dir", "dev-cert", *[word for host in HOSTS for word in ("--host", host)])
    run("token", "ring", "init", "--account", ACCOUNT, "--v2", "--issuer-key", "issuer/issuer.key", "--file", "secrets/ring.json")
    minting.age(folder / "secrets" / "ring.json")
    return tls, status


def replace(path, text):
    """As deployments do it: the file is there whole or not at all."""
    fresh = path.with_name(".fresh.tmp")
    fresh.write_text(text)
    fresh.rename(path)


# ------------------------------------------------------------------ the run
class Run:
    def __init__(self, folder, upstream, port):
        self.folder, self.upstream, self.port = folder, upstream, port
        self.results, self.workers = [], {}

    def check(self, what, function, *arguments):
        """One line; what the function returned, or none if it did not end as it has to."""
        try:
            found, problem = function(*arguments), ""
        except (AssertionError, Refused) as error:
            found, problem = None, " ".join(str(error).split())
        self.results.append(not problem)
        print("%s %s %s" % ("FAIL" if problem else "ok  ", what, problem[:600]), flush=True)
        return found

    def worker(self, language, way):
        """One for each environment."""
        key = (language.name, json.dumps(way.environment, sort_keys=True))
        if key not in self.workers:
            self.workers[key] = language.worker(self.environment(way.environment))
        return self.workers[key]

    def environment(self, more):
        """Nothing of this machine's own credentials, and no way to a metadata service."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("ALIBABA_CLOUD_") and not name.lower().endswith("_proxy")}
        return {**own, **dict.fromkeys(TRUST, str(self.folder / "dev-cert" / "ca.pem")), "RELAY_PORT": str(self.port), "REGION": REGION, "BUCKET": BUCKET,
                "HOME": str(self.folder), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true", **more}

    def issued(self):
        """How many sessions the gate has issued."""
        return sum('"AssumeRole' in line and '"verdict":"allow"' in line for line in (self.folder / "audit.jsonl").read_text().splitlines())

    # -------------------------------------------------------------- what has to hold
    def obtain(self, language, way):
        """The provider comes to a session by this way, once."""
        before = self.issued()
        found = self.worker(language, way).ask("provider", name=way.name, config=way.config)
        assert way.provider in found["provider"], "came by way of %(provider)s" % found
        assert found["id"].startswith("STS."), found["id"]
        self.wait_issued(before + way.sessions)
        return found["id"]

    def wait_issued(self, count):
        """The record is written a moment after the answer."""
        deadline = time.monotonic() + 2
        while self.issued() < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self.issued() == count, "%d sessions have been issued, not %d" % (self.issued(), count)

    def served(self, language, way, service):
        """The call is answered, and the service behind the gate learns who it is and no credential."""
        self.upstream.take()
        said = self.worker(language, way).ask("use", name=way.name, service=service)
        seen = self.upstream.take()
        caller = "acs:ram::%s:assumed-role/%s/" % (ACCOUNT, way.role)
        if service == "sts":
            assert said.startswith(caller), "this is %s" % said
            return
        assert len(seen) == 1, "%d requests have arrived" % len(seen)
        assert "".join(seen[0].values("x-ramgate-principal")).startswith(caller), seen[0].values("x-ramgate-principal")
        kept = [name for name in CREDENTIAL_HEADERS if seen[0].values(name)]
        assert not kept, "arrived with %s" % kept

    def refused(self, language, way, service):
        """The SDK raises an exception of its own with the code of an ended session, and nothing arrives."""
        self.upstream.take()
        try:
            self.worker(language, way).ask("use", name=way.name, service=service)
        except Refused as refused:
            found = (refused.error["class"], refused.error["code"])
            assert found == language.refused[service], "%s" % refused
        else:
            raise AssertionError("was not refused")
        assert not self.upstream.take(), "a request has arrived"

    def suffices(self, language, way):
        """A session is used until it has to be renewed."""
        before = self.issued()
        for _ in range(USES):
            self.worker(language, way).ask("use", name=way.name, service="ecs")
        time.sleep(0.1)
        assert self.issued() == before, "%d uses took %d sessions more" % (USES, self.issued() - before)

    def in_force(self, language, way):
        """Waits until the edit is in force."""
        begun = time.monotonic()
        while True:
            try:
                self.worker(language, way).ask("use", name=way.name, service="ecs")
            except Refused:
                break
            assert time.monotonic() < begun + FORCE_SECONDS, "not in force after %s s" % FORCE_SECONDS
        assert time.monotonic() < begun + FORCE_SECONDS, "in force only after %.2f s" % (time.monotonic() - begun)

    def stop(self):
        for worker in self.workers.values():
            worker.stop()


def held(session):
    """A pair with its token that a program was given."""
    return {"type": "sts", "access_key_id": session["id"], "access_key_secret": session["secret"], "security_token": session["token"]}


def use_first(run, language, way, service):
    run.worker(language, way).ask("provider", name=way.name, config=way.config)
    run.served(language, way, service)


def assume(run, language, role, user):
    before = run.issued()
    found = run.worker(language, PLAIN).ask("assume", key=user["key"], secret=user["secret"], role_arn=arn(role), role_session_name="sdk-run")
    assert found["arn"] == "acs:ram::%s:role/%s/sdk-run" % (ACCOUNT, role), found["arn"]
    run.wait_issued(before + 1)
    return found


PLAIN = Way("plain", "", "")
NOTHING = {"id": "", "secret": "", "token": ""}


def ways_of(run, language, home):
    """All of them, with what will end each."""
    asked, first = (run.check("%s sts20150401: AssumeRole %s" % (language.name, role), assume, run, language, role, user) or NOTHING
                    for role, user in (("asked", LEAVER), ("first", APP)))
    chained = {**held(first), "type": "ram_role_arn", "role_arn": arn("second"), "role_session_name": "sdk-run", "sts_endpoint": STS}
    return [Way("sts20150401", "asked", "sts", held(asked), ends="user", sessions=0),
            Way("ram-role-arn", "provided", "ram_role_arn", assuming("provided", APP, "localhost:%d" % run.port), ends="session"),
            Way("chained-ram-role-arn", "second", "ram_role_arn", chained, ends=first["id"]),
            Way("default-chain-profile", "profiled", "default/cli_profile", environment=home, ends="role")]


def play(run, folder):
    home = {"HOME": profile(folder)}
    for language in LANGUAGES:                          # they take a while to start
        for environment in ({}, home):
            run.worker(language, Way("", "", "", environment=environment))
    played = []
    for language in LANGUAGES:
        for way in ways_of(run, language, home):
            way.session = run.check("%s %s: comes to a session" % (language.name, way.name), run.obtain, language, way)
            for service in language.services:
                run.check("%s %s: %s" % (language.name, way.name, service), run.served, language, way, service)
            run.check("%s %s: one session for %d uses" % (language.name, way.name, USES), run.suffices, language, way)
            played.append((language, way))
    end_sessions(folder, [way for _, way in played])
    for language, way in played:
        run.check("%s %s: ended within %s s" % (language.name, way.name, FORCE_SECONDS), run.in_force, language, way)
        for service in language.services:
            run.check("%s %s: %s refused" % (language.name, way.name, service), run.refused, language, way, service)
    play_end(run, folder)


def end_sessions(folder, ways):
    """Each by its own means, all at once."""
    ids = [way.session if way.ends == "session" else way.ends for way in ways if way.ends not in ("user", "role")]
    lines = (folder / "directory.yaml").read_text().splitlines(keepends=True)
    replace(folder / "directory.yaml", "".join(line for line in lines if '"name": "profiled"' not in line))
    replace(folder / "revocations.yaml", "access_keys: %s\nusers: [%s]\n" % (json.dumps(ids), LEAVER["name"]))


def play_end(run, folder):
    """A session that has a few seconds left."""
    begun = int(time.time()) - 900 + LEFT_SECONDS
    files = (folder / "secrets" / "ring.json", folder / "issuer" / "issuer.key")
    session = minting.session(*files, ("old", ROLES["old"]), (APP["name"], APP["id"]), begun)
    way = Way("held", "old", "sts", held(session))
    for language in LANGUAGES:
        for service in language.services:
            run.check("%s held: %s while it lasts" % (language.name, service), use_first, run, language, way, service)
    time.sleep(max(0, begun + 900 - time.time()))
    for language in LANGUAGES:
        for service in language.services:
            run.check("%s held: %s refused after its time" % (language.name, service), run.refused, language, way, service)


def main(binary):
    upstream = Upstream()
    with tempfile.TemporaryDirectory(prefix="ramgate-sts-") as folder:
        folder = pathlib.Path(folder)
        tls, status = write_world(binary, folder, upstream)
        with Gate(binary, folder, status) as gate:
            run = Run(folder, upstream, tls)
            try:
                play(run, folder)
            finally:
                run.stop()
            if not all(run.results):
                print("---- the gate said:\n%s\n----" % gate.written(), file=sys.stderr)
    print("%d passed, %d failed" % (run.results.count(True), run.results.count(False)))
    return 0 if all(run.results) else 1


if __name__ == "__main__":
    sys.exit(main(str(pathlib.Path(sys.argv[1]).resolve())))
