"""OSS: `oss2` with its three signature versions and `alibabacloud-oss-v2`, and the URLs that both sign."""
import base64
import datetime
import hashlib
import time

import answers
import relay
from cases import plain
from cases.model import Allowed, Arrival, Reading, Refused, Sdk, need
from cases.refusals import OSS, OSS_EXPIRED, keys_refused, spoilt
from cases.world import ADMIN, BARRED, SESSION, TEAM
from gate import REGION

BUCKET = "sdk-bucket"
ENDPOINT = "http://oss-%s.aliyuncs.com" % REGION
HOST = "%s.oss-%s.aliyuncs.com" % (BUCKET, REGION)
KEY = "dir a/文件 +~*&=#?.txt"                      # slashes go out as `/` or as `%2F`, depending on the SDK
ESCAPED = "100%2F/a%20b+c.txt"                      # looks escaped, and is not
SOURCE = "源 1/a+b.txt"
BODY = b"hello world"
PART = b"p" * 1024
EXPIRES_SECONDS = 600
V1, V2, V4 = "OSS-V1", "OSS-V2", "OSS-V4"


# ------------------------------------------------------------------ oss2
def oss2_errors():
    import oss2
    return oss2.exceptions.ServerError


OSS2 = Sdk("oss2", oss2_errors, lambda error: Reading(error.code, error.status, error.request_id))


def bucket(caller, version):
    import oss2
    plain_auth = {V1: oss2.Auth, V2: oss2.AuthV2, V4: oss2.AuthV4}[version]
    named = {V1: oss2.AUTH_VERSION_1, V2: oss2.AUTH_VERSION_2, V4: oss2.AUTH_VERSION_4}[version]
    auth = oss2.StsAuth(caller.key, caller.secret, caller.token, auth_version=named) if caller.token else plain_auth(caller.key, caller.secret)
    extra = {"region": REGION} if version == V4 else {}
    return oss2.Bucket(auth, ENDPOINT, BUCKET, enable_crc=False, connect_timeout=10, **extra)


def oss2_put(caller, version, key=KEY):
    headers = {"Content-Type": "text/plain", "Content-MD5": base64.b64encode(hashlib.md5(BODY).digest()).decode(), "x-oss-meta-author": "Ali Baba",
               "x-oss-storage-class": "Standard"}
    bucket(caller, version).put_object(key, BODY, headers=headers)


def oss2_get(caller, version, key=KEY):
    answer = bucket(caller, version).get_object(key, byte_range=(0, 4))
    need((answer.status, answer.read()) == (206, answers.OBJECT[:5]), "got HTTP %s" % answer.status)


def oss2_head(caller, version):
    need(bucket(caller, version).head_object(KEY).content_length == len(answers.OBJECT), "got another length")


def oss2_list(caller, version):
    bucket(caller, version).list_objects(prefix="dir a/文+~*", delimiter="/", max_keys=10)


def oss2_copy(caller, version):
    bucket(caller, version).copy_object(BUCKET, SOURCE, KEY)


def oss2_tag(caller, version):
    import oss2
    tags = oss2.models.TaggingRule()
    tags.add("环境", "a b")
    bucket(caller, version).put_object_tagging(KEY, oss2.models.Tagging(tags))


def oss2_remove(caller, version):
    bucket(caller, version).batch_delete_objects([KEY, ESCAPED])


def oss2_multipart(caller, version):
    import oss2
    at = bucket(caller, version)
    upload = at.init_multipart_upload(KEY).upload_id
    parts = [oss2.models.PartInfo(number, at.upload_part(KEY, upload, number, PART).etag) for number in (1, 2)]
    at.complete_multipart_upload(KEY, upload, parts)


def oss2_buckets(caller, version):
    import oss2
    auth = {V1: oss2.Auth, V2: oss2.AuthV2, V4: oss2.AuthV4}[version](caller.key, caller.secret)
    oss2.Service(auth, ENDPOINT, connect_timeout=10, **({"region": REGION} if version == V4 else {})).list_buckets(prefix="a")


def oss2_url_get(caller, version, seconds=EXPIRES_SECONDS):
    url = bucket(caller, version).sign_url("GET", KEY, seconds, params={"response-content-type": "a/b c"})
    need(plain.send("GET", url) == answers.OBJECT, "got another object")


def oss2_url_put(caller, version):
    headers = {"Content-Type": "text/plain", "x-oss-meta-a": "b"}
    plain.send("PUT", bucket(caller, version).sign_url("PUT", KEY, EXPIRES_SECONDS, headers=headers), headers, BODY)


def oss2_url_outdated(caller, version):
    """V4 counts from now, so that a second has to pass; the others take a date of the past."""
    url = bucket(caller, version).sign_url("GET", KEY, 1 if version == V4 else -120)
    time.sleep(2.1 if version == V4 else 0)
    plain.send("GET", url)


# ------------------------------------------------------------------ alibabacloud-oss-v2
def v2_errors():
    import alibabacloud_oss_v2 as oss
    return oss.exceptions.OperationError


def v2_read(error):
    service = error.unwrap()
    return Reading(getattr(service, "code", type(service).__name__), getattr(service, "status_code", None), getattr(service, "request_id", ""))


OSS_V2 = Sdk("alibabacloud-oss-v2", v2_errors, v2_read)


def client(caller, version):
    import alibabacloud_oss_v2 as oss
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(caller.key, caller.secret, caller.token or None)
    config.region, config.endpoint, config.signature_version, config.retry_max_attempts = REGION, ENDPOINT, version[-2:].lower(), 1
    config.connect_timeout = config.readwrite_timeout = 10
    return oss.Client(config)


def v2_put(caller, version, key=KEY):
    import alibabacloud_oss_v2 as oss
    request = oss.PutObjectRequest(bucket=BUCKET, key=key, body=BODY, metadata={"k1": "a  b"}, content_type="text/plain", tagging="a=b&c=d")
    client(caller, version).put_object(request)


def v2_get(caller, version, key=KEY):
    import alibabacloud_oss_v2 as oss
    answer = client(caller, version).get_object(oss.GetObjectRequest(bucket=BUCKET, key=key))
    need(answer.body.read() == answers.OBJECT, "got another object")


def v2_head(caller, version):
    import alibabacloud_oss_v2 as oss
    answer = client(caller, version).head_object(oss.HeadObjectRequest(bucket=BUCKET, key=KEY))
    need(answer.content_length == len(answers.OBJECT), "got another length")


def v2_list(caller, version):
    import alibabacloud_oss_v2 as oss
    request = oss.ListObjectsV2Request(bucket=BUCKET, prefix="a 文+~*", delimiter="/", max_keys=5, continuation_token="t+/=")
    client(caller, version).list_objects_v2(request)


def v2_copy(caller, version):
    import alibabacloud_oss_v2 as oss
    client(caller, version).copy_object(oss.CopyObjectRequest(bucket=BUCKET, key=KEY, source_key=SOURCE))


def v2_tags(caller, version):
    import alibabacloud_oss_v2 as oss
    answer = client(caller, version).get_object_tagging(oss.GetObjectTaggingRequest(bucket=BUCKET, key=KEY))
    need(answer.tag_set.tags[0].key == "a", "got other tags")


def v2_remove(caller, version):
    import alibabacloud_oss_v2 as oss
    objects = [oss.DeleteObject(key=key) for key in (KEY, ESCAPED)]
    client(caller, version).delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=objects))


def v2_multipart(caller, version):
    import alibabacloud_oss_v2 as oss
    at = client(caller, version)
    upload = at.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=KEY)).upload_id
    parts = []
    for number in (1, 2):
        answer = at.upload_part(oss.UploadPartRequest(bucket=BUCKET, key=KEY, upload_id=upload, part_number=number, body=PART))
        parts.append(oss.UploadPart(part_number=number, etag=answer.etag))
    whole = oss.CompleteMultipartUpload(parts=parts)
    at.complete_multipart_upload(oss.CompleteMultipartUploadRequest(bucket=BUCKET, key=KEY, upload_id=upload, complete_multipart_upload=whole))


def v2_url_get(caller, version):
    import alibabacloud_oss_v2 as oss
    signed = client(caller, version).presign(oss.GetObjectRequest(bucket=BUCKET, key=KEY), expires=datetime.timedelta(seconds=EXPIRES_SECONDS))
    need(plain.send(signed.method, signed.url, signed.signed_headers) == answers.OBJECT, "got another object")


def v2_url_put(caller, version):
    import alibabacloud_oss_v2 as oss
    request = oss.PutObjectRequest(bucket=BUCKET, key=KEY, content_type="text/plain", metadata={"a": "b"})
    signed = client(caller, version).presign(request, expires=datetime.timedelta(seconds=EXPIRES_SECONDS))
    plain.send(signed.method, signed.url, signed.signed_headers, BODY)


# ------------------------------------------------------------------ what arrives
def at_key(method, *pairs, key=KEY, **more):
    return (Arrival(method, "/" + key, pairs, host=HOST, **more),)


def naming(*keys):
    """A body that names each of these keys."""
    def check(body):
        text = body.decode().replace("&amp;", "&")
        return all("<Key>%s</Key>" % key in text for key in keys)
    return check


UPLOAD = ("uploadId", answers.UPLOAD_ID)
MULTIPART = at_key("POST", ("uploads", "")) + at_key("PUT", UPLOAD, ("partNumber", "1"), body=PART) + at_key(
    "PUT", UPLOAD, ("partNumber", "2"), body=PART) + at_key("POST", UPLOAD, body=lambda body: b"<PartNumber>2</PartNumber>" in body)
COPIED = (("x-oss-copy-source", "/%s/%s" % (BUCKET, SOURCE)),)
REMOVE = (Arrival("POST", "/", (("delete", ""),), host=HOST, body=naming(KEY, ESCAPED)),)
OSS2_PUT = at_key("PUT", body=BODY, headers=(("x-oss-meta-author", "Ali Baba"), ("content-type", "text/plain")))
OSS2_LIST = (Arrival("GET", "/", (("prefix", "dir a/文+~*"), ("delimiter", "/"), ("max-keys", "10")), host=HOST),)
V2_PUT = at_key("PUT", body=BODY, headers=(("x-oss-meta-k1", "a  b"), ("x-oss-tagging", "a=b&c=d")))
V2_LIST = (Arrival("GET", "/", (("list-type", "2"), ("prefix", "a 文+~*"), ("continuation-token", "t+/=")), host=HOST),)


# ------------------------------------------------------------------ the list
def with_version(call, version, **more):
    return lambda caller: call(caller, version, **more)


def oss2_case(name, version, call, arrives, caller=ADMIN, scheme="", sdk=OSS2, **more):
    return Allowed(name % version[-2:].lower(), sdk, scheme or version, with_version(call, version, **more), caller, arrives)


def v2_case(name, call, arrives, caller=ADMIN, version=V4, scheme=""):
    return Allowed("ossv2-%s-%s" % (version[-2:].lower(), name), OSS_V2, scheme or version, with_version(call, version), caller, arrives)


POSITIVE = []
for _version in (V1, V2, V4):
    POSITIVE += [
        oss2_case("oss2-%s-put", _version, oss2_put, OSS2_PUT),
        oss2_case("oss2-%s-get-range", _version, oss2_get, at_key("GET", headers=(("range", "bytes=0-4"),))),
        oss2_case("oss2-%s-list", _version, oss2_list, OSS2_LIST),
        oss2_case("oss2-%s-multipart", _version, oss2_multipart, MULTIPART),
        oss2_case("oss2-%s-url-get", _version, oss2_url_get, at_key("GET", ("response-content-type", "a/b c")), scheme=_version + "-PRESIGN"),
        oss2_case("oss2-%s-url-put", _version, oss2_url_put, at_key("PUT", body=BODY, headers=(("x-oss-meta-a", "b"),)), scheme=_version + "-PRESIGN"),
        oss2_case("session-oss2-%s-put", _version, oss2_put, OSS2_PUT, SESSION),
        oss2_case("session-oss2-%s-url-get", _version, oss2_url_get, at_key("GET"), SESSION, scheme=_version + "-PRESIGN"),
    ]
for _version in (V1, V4):
    POSITIVE += [
        oss2_case("oss2-%s-head", _version, oss2_head, at_key("HEAD")),
        oss2_case("oss2-%s-copy", _version, oss2_copy, at_key("PUT", headers=COPIED)),
        oss2_case("oss2-%s-tag", _version, oss2_tag, at_key("PUT", ("tagging", ""), body=lambda body: "<Key>环境</Key>".encode() in body)),
        oss2_case("oss2-%s-remove", _version, oss2_remove, REMOVE),
        oss2_case("oss2-%s-buckets", _version, oss2_buckets, (Arrival("GET", "/", (("prefix", "a"),), host="oss-%s.aliyuncs.com" % REGION),)),
        oss2_case("oss2-%s-looks-escaped", _version, oss2_get, at_key("GET", key=ESCAPED), key=ESCAPED),
        oss2_case("oss2-%s-narrow-policy", _version, oss2_put, at_key("PUT", key="team 队/a"), TEAM, key="team 队/a"),
    ]
POSITIVE += [
    v2_case("put", v2_put, V2_PUT),
    v2_case("get", v2_get, at_key("GET")),
    v2_case("head", v2_head, at_key("HEAD")),
    v2_case("list", v2_list, V2_LIST),
    v2_case("copy", v2_copy, at_key("PUT", headers=COPIED)),
    v2_case("tags", v2_tags, at_key("GET", ("tagging", ""))),
    v2_case("remove", v2_remove, REMOVE),
    v2_case("multipart", v2_multipart, MULTIPART),
    v2_case("url-get", v2_url_get, at_key("GET"), scheme="OSS-V4-PRESIGN"),
    v2_case("url-put", v2_url_put, at_key("PUT", body=BODY, headers=(("x-oss-meta-a", "b"),)), scheme="OSS-V4-PRESIGN"),
    v2_case("put", v2_put, V2_PUT, version=V1),
    v2_case("put-session", v2_put, V2_PUT, SESSION),
    v2_case("get-session", v2_get, at_key("GET"), SESSION, version=V1),
    v2_case("url-put-session", v2_url_put, at_key("PUT", body=BODY), SESSION, scheme="OSS-V4-PRESIGN"),
]

INJECTED = "Injected=1"
CHANGED = b" and more"
NEGATIVE = []
for _name, _sdk, _scheme, _call, _spoilt in [
        # V1 signs the parameters that select an operation, and a body only through its MD5.
        ("oss2-v1-put", OSS2, V1, with_version(oss2_put, V1), {"query": "acl", "body": CHANGED}),
        ("oss2-v2-put", OSS2, V2, with_version(oss2_put, V2), {"query": INJECTED, "body": CHANGED}),
        ("oss2-v4-put", OSS2, V4, with_version(oss2_put, V4), {"query": INJECTED, "body": CHANGED}),
        ("oss2-v4-list", OSS2, V4, with_version(oss2_list, V4), {"query": INJECTED}),
        ("oss2-v4-head", OSS2, V4, with_version(oss2_head, V4), {}),
        ("oss2-v1-url-get", plain.PLAIN, "OSS-V1-PRESIGN", with_version(oss2_url_get, V1), {"query": "acl"}),
        ("oss2-v4-url-get", plain.PLAIN, "OSS-V4-PRESIGN", with_version(oss2_url_get, V4), {"query": INJECTED}),
        ("ossv2-v1-get", OSS_V2, V1, with_version(v2_get, V1), {"query": "acl"}),
        ("ossv2-v4-put", OSS_V2, V4, with_version(v2_put, V4), {"query": INJECTED}),
        ("ossv2-v4-head", OSS_V2, V4, with_version(v2_head, V4), {}),
        ("ossv2-v4-url-put", plain.PLAIN, "OSS-V4-PRESIGN", with_version(v2_url_put, V4), {"query": INJECTED})]:
    NEGATIVE += keys_refused(OSS, _name, _sdk, _scheme, _call)
    NEGATIVE += spoilt(OSS, _name, _sdk, _scheme, _call, **_spoilt)
NEGATIVE += [Refused("outdated-url-oss2-%s" % version[-2:].lower(), plain.PLAIN, version + "-PRESIGN", with_version(oss2_url_outdated, version), ADMIN,
                     expect=OSS_EXPIRED) for version in (V1, V2, V4)]
NEGATIVE += [
    Refused("other-key-oss2-v4-get", OSS2, V4, with_version(oss2_get, V4), ADMIN, expect=OSS.mismatch, spoil=relay.with_target("dir%20a", "dir%20b")),
    Refused("outside-team-oss2-v4-put", OSS2, V4, with_version(oss2_put, V4, key="other/a"), TEAM, expect=OSS.no_permission),
    Refused("explicit-deny-oss2-v1-list", OSS2, V1, with_version(oss2_list, V1), BARRED, expect=OSS.no_permission),
    Refused("explicit-deny-ossv2-list", OSS_V2, V4, with_version(v2_list, V4), BARRED, expect=OSS.no_permission),
    Refused("no-permission-on-source-oss2-copy", OSS2, V4, with_version(oss2_copy, V4), TEAM, expect=OSS.no_permission),
]
