"""What the services behind the gate say: an answer that each SDK takes for success, and a refusal as each service words it.

No key is known here and nothing is verified. Table Store answers carry a signature, as the real ones do: made with the key of
`signing`, or with one that no caller has.
"""
import base64
import datetime
import email.utils
import hashlib
import hmac
import json
from dataclasses import dataclass, field

REQUEST_ID = "1D0A6C52-0000-4000-8000-00000000A001"
SHORT_ID = "5F0000000000000000000001"          # what OSS, Log Service and Message Service give
OBJECT = b"hello world"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
UPLOAD_ID = "0004B9894A22E5B1888A1E29F823"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: bytes = b""


@dataclass(frozen=True)
class Refusing:
    """An error to give in place of an answer, once `after` requests have been answered."""
    code: str
    status: int
    detail: dict = field(default_factory=dict)
    after: int = 0


MARKS = {".fc.": "fc2", ".fcapp.run": "fc2", "fcv3.": "fc3", ".log.": "sls", ".ots.": "ots", ".mns.": "mns", "oss-": "oss"}


def service_of(host):
    return next((service for mark, service in MARKS.items() if mark in host), "openapi")


def tag(name, *inner):
    return "<%s>%s</%s>" % (name, "".join(inner), name)


# ------------------------------------------------------------------ success
def openapi(seen, _):
    return Answer(200, {"x-acs-request-id": REQUEST_ID, "Content-Type": "application/json"}, json.dumps({"RequestId": REQUEST_ID}).encode())


def fc3(seen, _):
    body = {"functions": []} if seen.method == "GET" and seen.path.endswith("/functions") else {"functionName": "hello"}
    return Answer(200, {"x-acs-request-id": REQUEST_ID, "Content-Type": "application/json"}, json.dumps(body).encode())


def fc2(seen, _):
    body = b'{"services":[{"serviceName":"svc"}]}' if seen.path.endswith("/services") else b"pong"
    return Answer(200, {"x-fc-request-id": REQUEST_ID, "Content-Type": "application/json"}, body)


def oss(seen, _):
    names = {name for name, _ in seen.query}
    bucket_level = seen.path == "/"
    headers = {"x-oss-request-id": SHORT_ID, "ETag": '"5EB63BBBE01EEED093CB22BB8F5ACDC3"', "Content-Type": "application/xml",
               "Date": email.utils.formatdate(usegmt=True)}
    if seen.method in ("GET", "HEAD") and not bucket_level and not names & {"tagging", "acl", "uploadId"}:
        headers.update({"Last-Modified": "Sun, 22 Nov 2026 11:05:08 GMT", "x-oss-object-type": "Normal", "Content-Type": "text/plain"})
        part = seen.values("range") == ["bytes=0-4"]
        return Answer(206 if part else 200, headers, OBJECT[:5] if part else OBJECT)
    if seen.method == "DELETE":
        return Answer(204, headers)
    document = oss_document(seen, names)
    return Answer(200, headers, (XML + document).encode() if document else b"")


def oss_document(seen, names):
    if seen.method == "GET" and "uploads" in names:
        return tag("ListMultipartUploadsResult", tag("Bucket", "b"), tag("KeyMarker"), tag("UploadIdMarker"), tag("NextKeyMarker"), tag("NextUploadIdMarker"),
                   tag("MaxUploads", "100"), tag("IsTruncated", "false"))
    if "uploads" in names:
        return tag("InitiateMultipartUploadResult", tag("Bucket", "b"), tag("Key", "k"), tag("UploadId", UPLOAD_ID))
    if seen.method == "POST" and "uploadId" in names:
        return tag("CompleteMultipartUploadResult", tag("Bucket", "b"), tag("Key", "k"), tag("ETag", '"E"'))
    if seen.method == "POST" and "delete" in names:
        return tag("DeleteResult", tag("Deleted", tag("Key", "a")))
    if seen.method == "GET" and "uploadId" in names:
        return tag("ListPartsResult", tag("Bucket", "b"), tag("Key", "k"), tag("UploadId", UPLOAD_ID), tag("NextPartNumberMarker", "0"), tag("MaxParts", "100"),
                   tag("IsTruncated", "false"))
    if seen.values("x-oss-copy-source") and "uploadId" in names:
        return tag("CopyPartResult", tag("LastModified", "2026-11-22T11:05:08.000Z"), tag("ETag", '"E"'))
    if seen.values("x-oss-copy-source"):
        return tag("CopyObjectResult", tag("LastModified", "2026-11-22T11:05:08.000Z"), tag("ETag", '"E"'))
    if seen.method == "GET" and "tagging" in names:
        return tag("Tagging", tag("TagSet", tag("Tag", tag("Key", "a"), tag("Value", "b"))))
    if seen.method == "GET" and seen.values("host")[0].startswith("oss-"):
        return tag("ListAllMyBucketsResult", tag("Owner", tag("ID", "1"), tag("DisplayName", "1")), tag("Buckets"), tag("IsTruncated", "false"))
    if seen.method == "GET":
        return tag("ListBucketResult", tag("Name", "b"), tag("Prefix"), tag("Marker"), tag("MaxKeys", "100"), tag("Delimiter"), tag("KeyCount", "0"),
                   tag("IsTruncated", "false"))
    return ""


def sls(seen, _):
    if seen.path.endswith("/logs"):
        body = {"meta": {"progress": "Complete", "count": 1}, "data": [{"__time__": "1", "__source__": "s", "k": "v"}]}
    elif seen.method == "GET" and ("type", "log") in seen.query:
        body = [{"__time__": "1", "__source__": "s", "k": "v"}]
    elif "/shards/" in seen.path:
        body = []
    else:
        body = {"count": 1, "total": 1, "logstores": ["app-log"]}
    return Answer(200, {"x-log-requestid": SHORT_ID, "Content-Type": "application/json", "x-log-progress": "Complete"},
                  json.dumps(body).encode())


def ots(seen, signing):
    """The tables `orders` of ListTable, and an empty answer for everything else."""
    body = b"\x0a\x06orders" if seen.path == "/ListTable" else b""
    headers = {"x-ots-contentmd5": base64.b64encode(hashlib.md5(body).digest()).decode(), "x-ots-contenttype": "protocol buffer",
               "x-ots-date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"), "x-ots-requestid": REQUEST_ID}
    key_id, key = ots_key(seen, signing)
    text = "".join("%s:%s\n" % item for item in sorted(headers.items())) + seen.path
    signature = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha1).digest()).decode()
    return Answer(200, dict(headers, Authorization="OTS %s:%s" % (key_id, signature)), body)


def ots_key(seen, signing):
    key_id = "".join(seen.values("x-ots-accesskeyid"))
    if key_id not in signing:
        return "LTAI5tTheServiceItself01", b"a key of the service"
    key = signing[key_id].encode()
    if seen.values("x-ots-signaturev4"):
        key = b"aliyun_v4" + key
        for part in (seen.values("x-ots-signdate")[0], seen.values("x-ots-signregion")[0], "ots", "aliyun_v4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        key = base64.b64encode(key)
    return key_id, key


def mns(seen, _):
    text = base64.b64encode(OBJECT)
    message = {"MessageId": "M-1", "MessageBodyMD5": hashlib.md5(text).hexdigest().upper(), "ReceiptHandle": "1-R", "MessageBody": text.decode(),
               "EnqueueTime": "1", "NextVisibleTime": "2", "FirstDequeueTime": "1", "DequeueCount": "1", "Priority": "8"}
    body = XML + '<Message xmlns="http://mns.aliyuncs.com/doc/v1/">%s</Message>' % "".join(tag(*item) for item in message.items())
    headers = {"x-mns-request-id": SHORT_ID, "x-mns-version": "2015-06-06", "Content-Type": "text/xml;charset=utf-8"}
    return Answer(201 if seen.method == "POST" else 200, headers, body.encode())


ANSWERS = {"openapi": openapi, "fc3": fc3, "fc2": fc2, "oss": oss, "sls": sls, "ots": ots, "mns": mns}


def answer(seen, signing):
    return ANSWERS[service_of(seen.values("host")[0])](seen, signing)


# ------------------------------------------------------------------ refusals
# The colon is what the classic SDK looks for.
MESSAGE = "The stub refuses. server string to sign is:"


def refuse_openapi(seen, refusing):
    said = {"RequestId": REQUEST_ID, "HostId": seen.values("host")[0], "Code": refusing.code, "Message": MESSAGE}
    if refusing.detail:
        said["AccessDeniedDetail"] = refusing.detail
    as_json = wants_json(seen)
    body = json.dumps(said) if as_json else XML + tag("Error", *[tag(name, value) for name, value in said.items() if isinstance(value, str)])
    kind = "application/json;charset=utf-8" if as_json else "text/xml;charset=utf-8"
    return Answer(refusing.status, {"x-acs-request-id": REQUEST_ID, "Content-Type": kind}, body.encode())


def wants_json(seen):
    """XML is what RPC calls get that name no format."""
    formats = [value.upper() for name, value in seen.query + seen.form if name == "Format"]
    rpc = any(name == "SignatureNonce" for name, _ in seen.query + seen.form)
    return not rpc or formats == ["JSON"] or "json" in "".join(seen.values("accept"))


def refuse_oss(seen, refusing):
    body = (XML + tag("Error", tag("Code", refusing.code), tag("Message", "The stub refuses."), tag("RequestId", SHORT_ID),
                      tag("HostId", seen.values("host")[0]), tag("EC", "0002-00000040"))).encode()
    headers = {"x-oss-request-id": SHORT_ID, "x-oss-ec": "0002-00000040", "Content-Type": "application/xml",
               "Date": email.utils.formatdate(usegmt=True)}
    if seen.method == "HEAD":
        headers["x-oss-err"] = base64.b64encode(body).decode()
    return Answer(refusing.status, headers, body)


def refuse_sls(seen, refusing):
    body = json.dumps({"errorCode": refusing.code, "errorMessage": "The stub refuses."}).encode()
    return Answer(refusing.status, {"x-log-requestid": SHORT_ID, "Content-Type": "application/json"}, body)


def refuse_ots(seen, refusing):
    def text(number, value):
        return bytes([number << 3 | 2, len(value)]) + value.encode()
    return Answer(refusing.status, {"x-ots-requestid": REQUEST_ID, "Content-Type": "application/x-protobuf"},
                  text(1, refusing.code) + text(2, "The stub refuses."))


def refuse_fc2(seen, refusing):
    body = json.dumps({"ErrorCode": refusing.code, "ErrorMessage": "The stub refuses."}).encode()
    return Answer(refusing.status, {"x-fc-request-id": REQUEST_ID, "x-fc-error-type": refusing.code, "Content-Type": "application/json"}, body)


def refuse_mns(seen, refusing):
    body = XML + '<Error xmlns="http://mns.aliyuncs.com/doc/v1/">' + tag("Code", refusing.code) + tag("Message", "The stub refuses.") + tag(
        "RequestId", SHORT_ID) + tag("HostId", "http://" + seen.values("host")[0]) + "</Error>"
    return Answer(refusing.status, {"x-mns-request-id": SHORT_ID, "Content-Type": "text/xml;charset=utf-8"}, body.encode())


REFUSALS = {"openapi": refuse_openapi, "fc3": refuse_openapi, "fc2": refuse_fc2, "oss": refuse_oss, "sls": refuse_sls, "ots": refuse_ots,
            "mns": refuse_mns}


def refusal(seen, refusing):
    return REFUSALS[service_of(seen.values("host")[0])](seen, refusing)
