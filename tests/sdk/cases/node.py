"""The Node SDKs: `@alicloud/openapi-client`, `@alicloud/pop-core` and `ali-oss`. One Node process makes all their calls."""
import json
import os
import pathlib
import subprocess

from cases import plain
from cases.model import Allowed, Arrival, Reading, Sdk
from cases.openapi import ACS3, CS, ECS, FC, INJECTED, ODD, ODD_TEXT, ROA, RPC
from cases.bucket import BODY, BUCKET, COPY, ESCAPED, EXPIRES_SECONDS, KEY, REMOVE, SOURCE, at_bucket, at_key, multipart, outdated_url
from cases.refusals import OPENAPI, OSS, keys_refused, spoilt
from cases.world import ADMIN, SESSION
from gate import REGION

FOLDER = pathlib.Path(__file__).parent.parent / "node"
CLUSTER = '{"name":"测试"}'


class NodeError(Exception):
    """What a call of a Node SDK threw, as `calls.js` describes it."""

    def __init__(self, said):
        super().__init__("%s: %s" % (said["name"], said["message"]))
        self.said = said


class Worker:
    """The Node process; started with the first call, ends with this process."""
    process = None
    relay_port = None

    def call(self, name, caller, **options):
        if not self.process:
            self.start()
        who = {"key": caller.key, "secret": caller.secret, "token": caller.token}
        self.process.stdin.write(json.dumps({"call": name, "caller": who, "options": options}) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline() or '{"error": {"name": "Ended", "message": "the Node process ended"}}')
        if "error" in said:
            raise NodeError(said["error"])
        return said["value"]

    def start(self):
        environment = dict(os.environ, RELAY_PORT=str(self.relay_port), REGION=REGION, NODE_NO_WARNINGS="1")
        self.process = subprocess.Popen([os.environ["NODE"], "--require", "./names.js", "calls.js"], cwd=FOLDER, env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)


WORKER = Worker()


def read(error):
    said = error.said
    return Reading(said["code"], said["status"], said["request"] or None, said["detail"] or {}, said["name"])


def sdk(name):
    return Sdk(name, lambda: NodeError, read)


TEA = sdk("@alicloud/openapi-client")
POP = sdk("@alicloud/pop-core")
ALI_OSS = sdk("ali-oss")


def call(name, **options):
    return lambda caller: WORKER.call(name, caller, **options)


def by_url(version, method, body=None, seconds=EXPIRES_SECONDS):
    def run(caller):
        url = WORKER.call("oss-%s-url" % version, caller, bucket=BUCKET, method=method, key=KEY, expires=seconds)
        plain.send(method, url, body=body)
    return run


# ------------------------------------------------------------------ what arrives
FORM = (Arrival("POST", pairs=(("Q", ODD), ("CommandContent", ODD), ("Name", "")), host=ECS),)
CLUSTERS = (Arrival("GET", "/clusters", (("name", ODD_TEXT), ("flag", "")), host=CS),)
FUNCTION = (Arrival("POST", "/2023-03-30/functions", host=FC, body=lambda body: json.loads(body)["description"] == ODD),)
NODES = (Arrival("GET", "/clusters/c-123/nodes", (("name", ODD_TEXT), ("empty", "")), host=CS),)
CREATED = (Arrival("POST", "/clusters", host=CS, body=CLUSTER.encode()),)
PUT = at_key("PUT", body=BODY, headers=(("x-oss-meta-author", "Ali Baba"), ("content-type", "text/plain")))


def instances(method):
    return (Arrival(method, pairs=(("InstanceName", ODD), ("Empty", "")), host=ECS),)


# ------------------------------------------------------------------ the list
tea_form, tea_roa, tea_json = call("tea-form", odd=ODD), call("tea-roa", odd=ODD_TEXT), call("tea-json", odd=ODD)
tea_form_v2, tea_roa_v2 = call("tea-form-v2", odd=ODD), call("tea-roa-v2", odd=ODD_TEXT)
rpc_get, rpc_post = call("rpc-get", odd=ODD), call("rpc-post", odd=ODD)
roa_get, roa_post = call("roa-get", odd=ODD_TEXT), call("roa-post", text=CLUSTER)
POSITIVE = [
    Allowed("node-acs3-form", TEA, ACS3, tea_form, ADMIN, FORM),
    Allowed("node-acs3-roa", TEA, ACS3, tea_roa, ADMIN, CLUSTERS),
    Allowed("node-acs3-json", TEA, ACS3, tea_json, ADMIN, FUNCTION),
    Allowed("node-rpc-tea-v2", TEA, RPC, tea_form_v2, ADMIN, FORM),
    Allowed("node-roa-tea-v2", TEA, ROA, tea_roa_v2, ADMIN, CLUSTERS),
    Allowed("node-rpc-get", POP, RPC, rpc_get, ADMIN, instances("GET")),
    Allowed("node-rpc-post", POP, RPC, rpc_post, ADMIN, instances("POST")),
    Allowed("node-roa-get", POP, ROA, roa_get, ADMIN, NODES),
    Allowed("node-roa-post", POP, ROA, roa_post, ADMIN, CREATED),
    Allowed("session-node-acs3-form", TEA, ACS3, tea_form, SESSION, FORM),
    Allowed("session-node-rpc-post", POP, RPC, rpc_post, SESSION, instances("POST")),
    Allowed("session-node-roa-get", POP, ROA, roa_get, SESSION, NODES),
]
NEGATIVE = []
for _version, _scheme in (("v1", "OSS-V1"), ("v4", "OSS-V4")):
    def _call(name, version=_version, **options):
        return call("oss-%s-%s" % (version, name), bucket=BUCKET, **options)
    _put, _head = _call("put", key=KEY, body=BODY.decode()), _call("head", key=KEY)
    _list = _call("list", prefix="a 文+~*")
    _name = "alioss-" + _version
    POSITIVE += [Allowed("%s-%s" % (_name, name), ALI_OSS, _scheme, function, ADMIN, arrives) for name, function, arrives in [
        ("put", _put, PUT),
        ("get-range", _call("get", key=KEY), at_key("GET", headers=(("range", "bytes=0-4"),))),
        ("head", _head, at_key("HEAD")),
        ("list", _list, at_bucket("GET", ("list-type", "2"), ("prefix", "a 文+~*"), ("max-keys", "10"))),
        ("copy", _call("copy", key=KEY, source=SOURCE), COPY),
        ("tag", _call("tag", key=KEY, tags={"a": "b"}), at_key("PUT", ("tagging", ""), body=lambda body: b"<Key>a</Key>" in body)),
        ("remove", _call("remove", keys=[KEY, ESCAPED]), REMOVE),
        ("multipart", _call("multipart", key=KEY, size=150 * 1024), multipart(b"p" * 100 * 1024, b"p" * 50 * 1024))]]
    POSITIVE += [
        Allowed("%s-url-get" % _name, ALI_OSS, _scheme + "-PRESIGN", by_url(_version, "GET"), ADMIN, at_key("GET")),
        Allowed("%s-url-put" % _name, ALI_OSS, _scheme + "-PRESIGN", by_url(_version, "PUT", BODY), ADMIN, at_key("PUT", body=BODY)),
        Allowed("session-%s-put" % _name, ALI_OSS, _scheme, _put, SESSION, PUT),
        Allowed("session-%s-url-get" % _name, ALI_OSS, _scheme + "-PRESIGN", by_url(_version, "GET"), SESSION, at_key("GET")),
    ]
    NEGATIVE += keys_refused(OSS, _name + "-put", ALI_OSS, _scheme, _put)
    NEGATIVE += spoilt(OSS, _name + "-put", ALI_OSS, _scheme, _put, query="acl", body=b" ", change=("x-oss-meta-author", "Eve"))
    NEGATIVE += keys_refused(OSS, _name + "-head", ALI_OSS, _scheme, _head)
    NEGATIVE += keys_refused(OSS, _name + "-url-get", plain.PLAIN, _scheme + "-PRESIGN", by_url(_version, "GET"))
for _name, _sdk, _scheme, _call, _spoilt in [
        ("node-acs3-form", TEA, ACS3, tea_form, {"query": INJECTED, "body": b"&Injected=1"}),
        ("node-acs3-json", TEA, ACS3, tea_json, {"query": INJECTED, "body": b" "}),
        ("node-rpc-tea-v2", TEA, RPC, tea_form_v2, {"query": INJECTED, "body": b"&Injected=1", "header": False}),
        ("node-roa-tea-v2", TEA, ROA, tea_roa_v2, {"query": INJECTED}),
        ("node-rpc-get", POP, RPC, rpc_get, {"query": INJECTED, "header": False}),
        ("node-rpc-post", POP, RPC, rpc_post, {"query": INJECTED, "body": b"&Injected=1", "header": False}),
        ("node-roa-get", POP, ROA, roa_get, {"query": INJECTED}),
        ("node-roa-post", POP, ROA, roa_post, {"query": INJECTED, "body": b" "})]:
    NEGATIVE += keys_refused(OPENAPI, _name, _sdk, _scheme, _call)
    NEGATIVE += spoilt(OPENAPI, _name, _sdk, _scheme, _call, nonce=True, **_spoilt)
NEGATIVE.append(outdated_url("alioss-v1", "OSS-V1", by_url("v1", "GET", seconds=-120)))
