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

import identity_provider
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
ROLES = {name: "3000000000000000%d" % (51 + index) for index, name in enumerate(
    ("asked", "provided", "first", "second", "profiled", "old", "federated", "pod", "by-uri", "by-metadata"))}
PROVIDER = "acs:ram::%s:oidc-provider/sdk-run" % ACCOUNT
WORKLOADS = ("by-uri", "by-metadata")
SERVICE = "ecs.aliyuncs.com"
TRUSTS = {"federated": "provider", "pod": "provider", "by-uri": "service", "by-metadata": "service"}      # others: anybody of the account


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
    """Writes the configuration file of the command-line tool, in a home of its own."""
    (folder / "home" / ".aliyun").mkdir(parents=True)
    one = {"name": "default", "mode": "RamRoleArn", "access_key_id": APP["key"], "access_key_secret": APP["secret"], "ram_role_arn": arn("profiled"),
           "ram_session_name": "sdk-run", "expired_seconds": 3600, "sts_region": REGION, "region_id": REGION}
    (folder / "home" / ".aliyun" / "config.json").write_text(json.dumps({"current": "default", "profiles": [one]}))


# ------------------------------------------------------------------ the gate
@dataclass
class World:
    """A bundle, and the ports of its gate."""
    folder: pathlib.Path
    own_network: bool
    tls: int = field(default_factory=free_port)
    uri: int = field(default_factory=free_port)
    metadata: int = field(default_factory=free_port)
    status: int = 0
    issuer: identity_provider.IdentityProvider = field(default_factory=identity_provider.IdentityProvider)

    def __post_init__(self):
        if self.own_network:
            self.metadata = 80

    def write(self, binary, upstream):
        may = {"policies": {"custom": ["work"]}}
        _, self.status = write_bundle(
            self.folder, upstream.port,
            users=[{"name": user["name"], "id": user["id"], **may} for user in USERS],
            keys=[{"id": user["key"], "user": user["name"], "secret": user["secret"], "status": "Active"} for user in USERS],
            roles=[{"name": name, "id": number, "trust": TRUSTS.get(name, "anybody"), **may} for name, number in ROLES.items()],
            trust={name: [{"Effect": "Allow", "Action": "sts:AssumeRole", **who}] for name, who in TRUSTED.items()},
            policies={"work": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "ecs:DescribeInstances", "oss:PutObject"], "Resource": "*"}]},
            routes={"sts": {"upstream": "local", "hosts": [{"name": "localhost"}]}},
            files=", token_ring: secrets/ring.json, jwks: jwks",
            more="sts: { issuer_key: issuer/issuer.key }\ncredentials: %s\n" % json.dumps(self.listeners()))
        self.append("directory.yaml", "oidc_providers: %s\nworkloads:\n%s" % (json.dumps([self.provider()]), "".join(
            "  - %s\n" % json.dumps({"name": name, "role": name, "service": SERVICE}) for name in WORKLOADS)))
        self.listen_to_tls()
        (self.folder / "issuer").mkdir(mode=0o700)
        (self.folder / "jwks").mkdir()
        (self.folder / "jwks" / "sdk-run.json").write_text(self.issuer.key_set())
        (self.folder / "token").write_text(self.issuer.token())
        run = lambda *words: subprocess.run([binary, *words], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        run("dev-cert", "--dir", "dev-cert", *[word for host in HOSTS for word in ("--host", host)])
        run("token", "ring", "init", "--account", ACCOUNT, "--v2", "--issuer-key", "issuer/issuer.key", "--file", "secrets/ring.json")
        run("workload", "secret", "--file", "secrets/by-uri.secret")
        minting.age(self.folder / "secrets" / "ring.json")

    def append(self, name, text):
        with open(self.folder / name, "a") as file:
            file.write(text)

    def listen_to_tls(self):
        file = self.folder / "ramgate.yaml"
        listen = "listen: { tls: { address: 127.0.0.1:%d, certificate: dev-cert/server.pem, key: dev-cert/server.key }," % self.tls
        file.write_text(file.read_text().replace("listen: {", listen))

    def listeners(self):
        own = {"address": "100.100.100.200:80"}
        led = {"address": "127.0.0.1:%d" % self.metadata, "hosts": ["100.100.100.200"]}
        return [{"address": "127.0.0.1:%d" % self.uri, "uri": [{"workload": "by-uri", "secret_file": "secrets/by-uri.secret"}]},
                {**(own if self.own_network else led), "metadata": {"workload": "by-metadata"}}]

    def provider(self):
        return {"name": "sdk-run", "issuer_url": identity_provider.ISSUER, "client_ids": [identity_provider.AUDIENCE], "jwks": "sdk-run"}

    def credentials_uri(self):
        return "http://127.0.0.1:%d/v1/credentials/by-uri/%s" % (self.uri, (self.folder / "secrets" / "by-uri.secret").read_text().strip())


TRUSTED = {
    "anybody": {"Principal": {"RAM": "acs:ram::%s:root" % ACCOUNT}},
    "service": {"Principal": {"Service": [SERVICE]}},
    "provider": {"Principal": {"Federated": [PROVIDER]}, "Condition": {"StringEquals": {
        "oidc:iss": identity_provider.ISSUER, "oidc:aud": identity_provider.AUDIENCE, "oidc:sub": identity_provider.SUBJECT}}},
}


def replace(path, text):
    """As deployments do it: the file is there whole or not at all."""
    fresh = path.with_name(".fresh.tmp")
    fresh.write_text(text)
    fresh.rename(path)


# ------------------------------------------------------------------ the run
class Run:
    def __init__(self, world, upstream):
        self.world, self.folder, self.upstream = world, world.folder, upstream
        self.results, self.workers = [], {}
        self.bound = set()              # roles of workloads, which have one session for all that ask

    def check(self, what, function, *arguments):
        """One line; what the function returned, or none if it did not end as it has to."""
        begun = time.monotonic()
        try:
            found, problem = function(*arguments), ""
        except (AssertionError, Refused) as error:
            found, problem = None, " ".join(str(error).split())
        self.results.append(not problem)
        print("%s %s %s (%d ms)" % ("FAIL" if problem else "ok  ", what, problem[:600], (time.monotonic() - begun) * 1000), flush=True)
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
        return {**own, **dict.fromkeys(TRUST, str(self.folder / "dev-cert" / "ca.pem")), "RELAY_PORT": str(self.world.tls),
                "METADATA_PORT": str(self.world.metadata), "REGION": REGION, "BUCKET": BUCKET,
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
        self.wait_issued(before + (way.sessions if way.role not in WORKLOADS or way.role not in self.bound else 0))
        self.bound.add(way.role)
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


def ways_of(run, language):
    """All of them, with what will end each."""
    world = run.world
    asked, first = (run.check("%s sts20150401: AssumeRole %s" % (language.name, role), assume, run, language, role, user) or NOTHING
                    for role, user in (("asked", LEAVER), ("first", APP)))
    chained = {**held(first), "type": "ram_role_arn", "role_arn": arn("second"), "role_session_name": "sdk-run", "sts_endpoint": STS}
    federated = {"type": "oidc_role_arn", "role_arn": arn("federated"), "oidc_provider_arn": PROVIDER, "oidc_token_file_path": str(world.folder / "token"),
                 "role_session_name": "sdk-run", "sts_endpoint": STS}
    return [Way("sts20150401", "asked", "sts", held(asked), ends="user", sessions=0),
            Way("ram-role-arn", "provided", "ram_role_arn", assuming("provided", APP, "localhost:%d" % world.tls), ends="session"),
            Way("chained-ram-role-arn", "second", "ram_role_arn", chained, ends=first["id"]),
            Way("oidc-role-arn", "federated", "oidc_role_arn", federated, ends="provider"),
            Way("credentials-uri", "by-uri", "credential_uri", {"type": "credentials_uri", "credentials_uri": world.credentials_uri()}, ends="workload"),
            Way("ecs-ram-role", "by-metadata", "ecs_ram_role", {"type": "ecs_ram_role"}, environment=IMDS, ends="workload"),
            Way("default-chain-profile", "profiled", "default/cli_profile", environment=home(world), ends="role"),
            Way("default-chain-oidc", "pod", "default/oidc_role_arn", environment=pod(world), ends="cutoff"),
            Way("default-chain-uri", "by-uri", "default/credential_uri", environment=uri(world), ends="workload"),
            Way("default-chain-metadata", "by-metadata", "default/ecs_ram_role", environment=IMDS, ends="workload")]


IMDS = {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "false", "ALIBABA_CLOUD_IMDSV1_DISABLED": "true"}


def home(world):
    return {"HOME": str(world.folder / "home")}


def uri(world):
    return {"ALIBABA_CLOUD_CREDENTIALS_URI": world.credentials_uri()}


def pod(world):
    """What the webhook of RRSA sets in a pod."""
    return {"ALIBABA_CLOUD_ROLE_ARN": arn("pod"), "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER, "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(world.folder / "token"),
            "ALIBABA_CLOUD_STS_REGION": REGION}


def services_of(language, way):
    """A default chain is asked by one client of each kind."""
    return language.services[:3:2] if way.config is None else language.services


def play(run):
    profile(run.folder)
    for language in LANGUAGES:                          # they take a while to start
        for environment in ({}, IMDS, home(run.world), pod(run.world), uri(run.world)):
            run.worker(language, Way("", "", "", environment=environment))
    played = []
    for language in LANGUAGES:
        for way in ways_of(run, language):
            way.session = run.check("%s %s: comes to a session" % (language.name, way.name), run.obtain, language, way)
            for service in services_of(language, way):
                run.check("%s %s: %s" % (language.name, way.name, service), run.served, language, way, service)
            run.check("%s %s: one session for %d uses" % (language.name, way.name, USES), run.suffices, language, way)
            played.append((language, way))
    end_sessions(run.folder, [way for _, way in played])
    for language, way in played:
        run.check("%s %s: ended within %s s" % (language.name, way.name, FORCE_SECONDS), run.in_force, language, way)
        for service in services_of(language, way):
            run.check("%s %s: %s refused" % (language.name, way.name, service), run.refused, language, way, service)
    play_end(run, run.folder)


def end_sessions(folder, ways):
    """Each by its own means, all at once."""
    ids = [way.session if way.ends == "session" else way.ends for way in ways if way.ends == "session" or way.ends.startswith("STS.")]
    gone = ['"name": "profiled"', *['"role": "%s"' % name for name in WORKLOADS]]
    lines = (folder / "directory.yaml").read_text().splitlines(keepends=True)
    replace(folder / "directory.yaml", "".join(line for line in lines if not any(text in line for text in gone)))
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
    replace(folder / "revocations.yaml", json.dumps({
        "access_keys": ids, "users": [LEAVER["name"]], "roles": [{"role": ROLES["pod"], "before": now}],
        "sources": [{"oidc": PROVIDER, "before": now}]}) + "\n")


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


def main(binary, *own_network):
    upstream = Upstream()
    with tempfile.TemporaryDirectory(prefix="ramgate-sts-") as folder:
        world = World(pathlib.Path(folder), bool(own_network))
        world.write(binary, upstream)
        print("the metadata are %s" % ("at their address, in a network of our own" if own_network else "led to loopback"))
        with Gate(binary, world.folder, world.status) as gate:
            run = Run(world, upstream)
            try:
                play(run)
            finally:
                run.stop()
            if not all(run.results):
                print("---- the gate said:\n%s\n----" % gate.written(), file=sys.stderr)
    print("%d passed, %d failed" % (run.results.count(True), run.results.count(False)))
    return 0 if all(run.results) else 1


if __name__ == "__main__":
    sys.exit(main(str(pathlib.Path(sys.argv[1]).resolve()), *sys.argv[2:]))
