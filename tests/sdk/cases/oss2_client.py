"""OSS: `oss2` with its three signature versions, and the URLs that it signs."""
import base64
import hashlib
import time

import answers
import relay
from cases import plain
from cases.bucket import (BODY, BUCKET, CHANGED, COPY, ENDPOINT, ESCAPED, EXPIRES_SECONDS, INJECTED, KEY, REMOVE, SOURCE, TEAM_KEY,
                          V1, V2, V4, at_bucket, at_key, multipart, outdated_url, version_of)
from cases.model import Allowed, Arrival, Reading, Refused, Sdk, need
from cases.refusals import OSS, keys_refused, spoilt
from cases.world import ADMIN, BARRED, SESSION, TEAM
from gate import REGION

PART = b"p" * 1024
LARGE = bytes(range(256)) * 12 * 1024              # 3 MiB


# ------------------------------------------------------------------ the SDK
def errors():
    import oss2
    return oss2.exceptions.ServerError


CLIENT = Sdk("oss2", errors, lambda error: Reading(error.code, error.status, error.request_id, kind=type(error).__name__))


def auth(caller, version):
    import oss2
    if caller.token:
        named = {V1: oss2.AUTH_VERSION_1, V2: oss2.AUTH_VERSION_2, V4: oss2.AUTH_VERSION_4}[version]
        return oss2.StsAuth(caller.key, caller.secret, caller.token, auth_version=named)
    return {V1: oss2.Auth, V2: oss2.AuthV2, V4: oss2.AuthV4}[version](caller.key, caller.secret)


def extra(version):
    return {"region": REGION} if version == V4 else {}


def bucket(caller, version):
    import oss2
    return oss2.Bucket(auth(caller, version), ENDPOINT, BUCKET, enable_crc=False, connect_timeout=10, **extra(version))


# ------------------------------------------------------------------ calls
def put(caller, version, key=KEY):
    md5 = base64.b64encode(hashlib.md5(BODY).digest()).decode()
    headers = {"Content-Type": "text/plain", "Content-MD5": md5, "x-oss-meta-author": "Ali Baba", "x-oss-storage-class": "Standard"}
    bucket(caller, version).put_object(key, BODY, headers=headers)


def put_large(caller, version, digest=True):
    """More than is collected before the upstream is asked."""
    headers = {"Content-MD5": base64.b64encode(hashlib.md5(LARGE).digest()).decode()} if digest else {}
    bucket(caller, version).put_object(KEY, LARGE, headers=headers)


def get(caller, version, key=KEY):
    answer = bucket(caller, version).get_object(key, byte_range=(0, 4))
    need((answer.status, answer.read()) == (206, answers.OBJECT[:5]), "got HTTP %s" % answer.status)


def head(caller, version):
    need(bucket(caller, version).head_object(KEY).content_length == len(answers.OBJECT), "got another length")


def listing(caller, version):
    bucket(caller, version).list_objects(prefix="dir a/文+~*", delimiter="/", max_keys=10)


def copy(caller, version, key=KEY):
    bucket(caller, version).copy_object(BUCKET, SOURCE, key)


def tag(caller, version):
    import oss2
    tags = oss2.models.TaggingRule()
    tags.add("环境", "a b")
    bucket(caller, version).put_object_tagging(KEY, oss2.models.Tagging(tags))


def remove(caller, version):
    bucket(caller, version).batch_delete_objects([KEY, ESCAPED])


def in_parts(caller, version):
    import oss2
    at = bucket(caller, version)
    upload = at.init_multipart_upload(KEY).upload_id
    parts = [oss2.models.PartInfo(number, at.upload_part(KEY, upload, number, PART).etag) for number in (1, 2)]
    at.complete_multipart_upload(KEY, upload, parts)


def buckets(caller, version):
    import oss2
    oss2.Service(auth(caller, version), ENDPOINT, connect_timeout=10, **extra(version)).list_buckets(prefix="a")


def url_get(caller, version, seconds=EXPIRES_SECONDS):
    url = bucket(caller, version).sign_url("GET", KEY, seconds, params={"response-content-type": "a/b c"})
    need(plain.send("GET", url) == answers.OBJECT, "got another object")


def url_put(caller, version):
    headers = {"Content-Type": "text/plain", "x-oss-meta-a": "b"}
    plain.send("PUT", bucket(caller, version).sign_url("PUT", KEY, EXPIRES_SECONDS, headers=headers), headers, BODY)


def url_outdated(caller, version):
    """V4 counts from now, so that a second has to pass; the others take a date of the past."""
    url = bucket(caller, version).sign_url("GET", KEY, 1 if version == V4 else -120)
    time.sleep(2.1 if version == V4 else 0)
    plain.send("GET", url)


# ------------------------------------------------------------------ the list
def with_version(call, version, **more):
    return lambda caller: call(caller, version, **more)


def calls(version, *rows, prefix="", caller=ADMIN):
    """Cases of one signature version; a row: name, call, what arrives, and options of the call."""
    word = version_of(version)
    return [Allowed("%soss2-%s-%s" % (prefix, word, name), CLIENT, version + ("-PRESIGN" if name.startswith("url") else ""),
                    with_version(call, version, **(more[0] if more else {})), caller, arrives) for name, call, arrives, *more in rows]


PUT = at_key("PUT", body=BODY, headers=(("x-oss-meta-author", "Ali Baba"), ("content-type", "text/plain")))
URL_GET = at_key("GET", ("response-content-type", "a/b c"))
POSITIVE = []
for _version in (V1, V2, V4):
    POSITIVE += calls(
        _version,
        ("put", put, PUT),
        ("get-range", get, at_key("GET", headers=(("range", "bytes=0-4"),))),
        ("list", listing, at_bucket("GET", ("prefix", "dir a/文+~*"), ("delimiter", "/"), ("max-keys", "10"))),
        ("multipart", in_parts, multipart(PART, PART)),
        ("url-get", url_get, URL_GET),
        ("url-put", url_put, at_key("PUT", body=BODY, headers=(("x-oss-meta-a", "b"),))))
    POSITIVE += calls(_version, ("put", put, PUT), ("url-get", url_get, URL_GET), prefix="session-", caller=SESSION)
for _version in (V1, V4):
    POSITIVE += calls(
        _version,
        ("head", head, at_key("HEAD")),
        ("copy", copy, COPY),
        ("tag", tag, at_key("PUT", ("tagging", ""), body=lambda body: "<Key>环境</Key>".encode() in body)),
        ("remove", remove, REMOVE),
        ("buckets", buckets, (Arrival("GET", "/", (("prefix", "a"),), host="oss-%s.aliyuncs.com" % REGION),)),
        ("put-large", put_large, at_key("PUT", body=LARGE)),
        ("put-large-without-md5", put_large, at_key("PUT", body=LARGE), {"digest": False}),
        ("looks-escaped", get, at_key("GET", key=ESCAPED), {"key": ESCAPED}))
    POSITIVE += calls(_version, ("put", put, at_key("PUT", key=TEAM_KEY), {"key": TEAM_KEY}), prefix="narrow-policy-", caller=TEAM)

META = ("x-oss-meta-author", "Eve")
NEGATIVE = []
for _name, _sdk, _version, _call, _spoilt in [
        # V1 signs the parameters that select an operation, and a body only through its MD5.
        ("put", CLIENT, V1, put, {"query": "acl", "body": CHANGED, "change": META}),
        ("put", CLIENT, V2, put, {"query": INJECTED, "body": CHANGED}),
        ("put", CLIENT, V4, put, {"query": INJECTED, "body": CHANGED, "change": META}),
        ("put-large", CLIENT, V4, put_large, {"body": CHANGED}),
        ("list", CLIENT, V4, listing, {"query": INJECTED}),
        ("head", CLIENT, V4, head, {}),
        ("url-get", plain.PLAIN, V1, url_get, {"query": "acl"}),
        ("url-get", plain.PLAIN, V4, url_get, {"query": INJECTED})]:
    _scheme = _version + ("-PRESIGN" if _sdk is plain.PLAIN else "")
    _where = ("oss2-%s-%s" % (version_of(_version), _name), _sdk, _scheme, with_version(_call, _version))
    NEGATIVE += keys_refused(OSS, *_where) + spoilt(OSS, *_where, **_spoilt)
NEGATIVE += [outdated_url("oss2-" + version_of(_version), _version, with_version(url_outdated, _version)) for _version in (V1, V2, V4)]
NEGATIVE += [
    Refused("other-key-oss2-v4-get", CLIENT, V4, with_version(get, V4), ADMIN, expect=OSS.mismatch, spoil=relay.with_target("dir%20a", "dir%20b")),
    Refused("outside-team-oss2-v4-put", CLIENT, V4, with_version(put, V4, key="other/a"), TEAM, expect=OSS.no_permission),
    Refused("explicit-deny-oss2-v1-list", CLIENT, V1, with_version(listing, V1), BARRED, expect=OSS.no_permission),
    Refused("no-permission-on-source-oss2-copy", CLIENT, V4, with_version(copy, V4, key=TEAM_KEY), TEAM, expect=OSS.no_permission),
]
