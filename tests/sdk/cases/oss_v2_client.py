"""OSS: `alibabacloud-oss-v2`, mostly with V4, and the URLs that it signs."""
import datetime

import answers
from cases import plain
from cases.bucket import (BODY, BUCKET, COPY, ENDPOINT, ESCAPED, EXPIRES_SECONDS, INJECTED, KEY, REMOVE, SOURCE, V1, V4, at_bucket, at_key,
                          multipart, version_of)
from cases.model import Allowed, Reading, Refused, Sdk, need
from cases.refusals import OSS, keys_refused, spoilt
from cases.world import ADMIN, BARRED, SESSION
from gate import REGION

PART = b"p" * 1024


# ------------------------------------------------------------------ the SDK
def errors():
    import alibabacloud_oss_v2 as oss
    return oss.exceptions.OperationError


def read(error):
    service = error.unwrap()
    return Reading(getattr(service, "code", type(service).__name__), getattr(service, "status_code", None), getattr(service, "request_id", ""),
                   kind=type(service).__name__)


CLIENT = Sdk("alibabacloud-oss-v2", errors, read)


def client(caller, version):
    import alibabacloud_oss_v2 as oss
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(caller.key, caller.secret, caller.token or None)
    config.region, config.endpoint, config.signature_version, config.retry_max_attempts = REGION, ENDPOINT, version_of(version), 1
    config.connect_timeout = config.readwrite_timeout = 10
    return oss.Client(config)


# ------------------------------------------------------------------ calls
def put(caller, version, key=KEY):
    import alibabacloud_oss_v2 as oss
    request = oss.PutObjectRequest(bucket=BUCKET, key=key, body=BODY, metadata={"k1": "a  b"}, content_type="text/plain", tagging="a=b&c=d")
    client(caller, version).put_object(request)


def get(caller, version, key=KEY):
    import alibabacloud_oss_v2 as oss
    answer = client(caller, version).get_object(oss.GetObjectRequest(bucket=BUCKET, key=key))
    need(answer.body.read() == answers.OBJECT, "got another object")


def head(caller, version):
    import alibabacloud_oss_v2 as oss
    answer = client(caller, version).head_object(oss.HeadObjectRequest(bucket=BUCKET, key=KEY))
    need(answer.content_length == len(answers.OBJECT), "got another length")


def listing(caller, version):
    import alibabacloud_oss_v2 as oss
    request = oss.ListObjectsV2Request(bucket=BUCKET, prefix="a 文+~*", delimiter="/", max_keys=5, continuation_token="t+/=")
    client(caller, version).list_objects_v2(request)


def copy(caller, version):
    import alibabacloud_oss_v2 as oss
    client(caller, version).copy_object(oss.CopyObjectRequest(bucket=BUCKET, key=KEY, source_key=SOURCE))


def tags(caller, version):
    import alibabacloud_oss_v2 as oss
    answer = client(caller, version).get_object_tagging(oss.GetObjectTaggingRequest(bucket=BUCKET, key=KEY))
    need(answer.tag_set.tags[0].key == "a", "got other tags")


def remove(caller, version):
    import alibabacloud_oss_v2 as oss
    objects = [oss.DeleteObject(key=key) for key in (KEY, ESCAPED)]
    client(caller, version).delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=objects))


def in_parts(caller, version):
    import alibabacloud_oss_v2 as oss
    at = client(caller, version)
    upload = at.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=KEY)).upload_id
    parts = []
    for number in (1, 2):
        answer = at.upload_part(oss.UploadPartRequest(bucket=BUCKET, key=KEY, upload_id=upload, part_number=number, body=PART))
        parts.append(oss.UploadPart(part_number=number, etag=answer.etag))
    whole = oss.CompleteMultipartUpload(parts=parts)
    at.complete_multipart_upload(oss.CompleteMultipartUploadRequest(bucket=BUCKET, key=KEY, upload_id=upload, complete_multipart_upload=whole))


def url_get(caller, version):
    import alibabacloud_oss_v2 as oss
    signed = client(caller, version).presign(oss.GetObjectRequest(bucket=BUCKET, key=KEY), expires=datetime.timedelta(seconds=EXPIRES_SECONDS))
    need(plain.send(signed.method, signed.url, signed.signed_headers) == answers.OBJECT, "got another object")


def url_put(caller, version):
    import alibabacloud_oss_v2 as oss
    request = oss.PutObjectRequest(bucket=BUCKET, key=KEY, content_type="text/plain", metadata={"a": "b"})
    signed = client(caller, version).presign(request, expires=datetime.timedelta(seconds=EXPIRES_SECONDS))
    plain.send(signed.method, signed.url, signed.signed_headers, BODY)


# ------------------------------------------------------------------ the list
def with_version(call, version):
    return lambda caller: call(caller, version)


def calls(version, *rows, prefix="", caller=ADMIN):
    word = version_of(version)
    return [Allowed("%sossv2-%s-%s" % (prefix, word, name), CLIENT, version + ("-PRESIGN" if name.startswith("url") else ""),
                    with_version(call, version), caller, arrives) for name, call, arrives in rows]


PUT = at_key("PUT", body=BODY, headers=(("x-oss-meta-k1", "a  b"), ("x-oss-tagging", "a=b&c=d")))
URL_PUT = at_key("PUT", body=BODY, headers=(("x-oss-meta-a", "b"),))
POSITIVE = calls(
    V4,
    ("put", put, PUT),
    ("get", get, at_key("GET")),
    ("head", head, at_key("HEAD")),
    ("list", listing, at_bucket("GET", ("list-type", "2"), ("prefix", "a 文+~*"), ("continuation-token", "t+/="))),
    ("copy", copy, COPY),
    ("tags", tags, at_key("GET", ("tagging", ""))),
    ("remove", remove, REMOVE),
    ("multipart", in_parts, multipart(PART, PART)),
    ("url-get", url_get, at_key("GET")),
    ("url-put", url_put, URL_PUT))
POSITIVE += calls(V1, ("put", put, PUT))
POSITIVE += calls(V4, ("put", put, PUT), ("url-put", url_put, URL_PUT), prefix="session-", caller=SESSION)
POSITIVE += calls(V1, ("get", get, at_key("GET")), prefix="session-", caller=SESSION)

NEGATIVE = []
for _name, _sdk, _version, _call, _spoilt in [
        ("get", CLIENT, V1, get, {"query": "acl"}),
        ("put", CLIENT, V4, put, {"query": INJECTED}),
        ("head", CLIENT, V4, head, {}),
        ("url-put", plain.PLAIN, V4, url_put, {"query": INJECTED})]:
    _scheme = _version + ("-PRESIGN" if _sdk is plain.PLAIN else "")
    _where = ("ossv2-%s-%s" % (version_of(_version), _name), _sdk, _scheme, with_version(_call, _version))
    NEGATIVE += keys_refused(OSS, *_where) + spoilt(OSS, *_where, **_spoilt)
NEGATIVE.append(Refused("explicit-deny-ossv2-list", CLIENT, V4, with_version(listing, V4), BARRED, expect=OSS.no_permission))
