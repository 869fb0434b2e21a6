"""The tour of OSS: what each client does with a bucket, and which permissions that needs."""
import answers
from cases import plain
from cases.bucket import BODY, BUCKET, EXPIRES_SECONDS, UPLOAD, V1, V4, at_bucket, at_key, naming, version_of
from cases.least import Denial, Permission, Plan, Step
from cases.model import need
from cases.node import ALI_OSS, WORKER
from cases.oss2_client import CLIENT as OSS2, bucket
from cases.oss_v2_client import CLIENT as OSS_V2, client
from cases.refusals import OSS
from gate import ACCOUNT, REGION

# `*` and `?` would be wildcards in a policy, and a `+` in the source of a copy means two keys.
KEY, OTHER, SOURCE = "dir a/文件 +~&=#.txt", "dir a/b.txt", "源 1/b.txt"
PART = b"p" * 1024


def on(action, key=None):
    """The permission for an action on the bucket, or on a key in it."""
    name = BUCKET if key is None else "%s/%s" % (BUCKET, key)
    return Permission("oss:" + action, "acs:oss:%s:%s:%s" % (REGION, ACCOUNT, name))


COPIED = (("x-oss-copy-source", "/%s/%s" % (BUCKET, SOURCE)),)
READS, WRITES, COPIES = (on("GetObject", KEY),), (on("PutObject", KEY),), (on("GetObject", SOURCE), on("PutObject", KEY))
TAGGED = lambda body: b"<Key>k</Key>" in body


def row(method, *pairs, **more):
    return at_key(method, *pairs, key=KEY, **more)


STEPS = [                                  # name, what it needs, what arrives
    ("create-bucket", (on("PutBucket"),), at_bucket("PUT")),
    ("put", WRITES, row("PUT", body=BODY)),
    ("put-tagged", WRITES + (on("PutObjectTagging", KEY),), row("PUT", body=BODY, headers=(("x-oss-tagging", "k=v"),))),
    ("list-v1", (on("ListObjects"),), at_bucket("GET", ("prefix", "dir a/"))),
    ("list-v2", (on("ListObjects"),), at_bucket("GET", ("list-type", "2"), ("prefix", "dir a/"))),
    ("get", READS, row("GET")),
    ("head", READS, row("HEAD")),
    ("meta", READS, row("HEAD", ("objectMeta", ""))),
    ("initiate", WRITES, row("POST", ("uploads", ""))),
    ("upload-part", WRITES, row("PUT", UPLOAD, ("partNumber", "1"), body=PART)),
    ("copy-part", COPIES, row("PUT", UPLOAD, ("partNumber", "2"), headers=COPIED)),
    ("list-parts", (on("ListParts", KEY),), row("GET", UPLOAD)),
    ("list-uploads", (on("ListMultipartUploads"),), at_bucket("GET", ("uploads", ""))),
    ("complete", WRITES, row("POST", UPLOAD, body=lambda body: b"<PartNumber>1</PartNumber>" in body)),
    ("abort", (on("AbortMultipartUpload", KEY),), row("DELETE", UPLOAD)),
    ("copy", COPIES, row("PUT", headers=COPIED)),
    ("tag", (on("PutObjectTagging", KEY),), row("PUT", ("tagging", ""), body=TAGGED)),
    ("tags", (on("GetObjectTagging", KEY),), row("GET", ("tagging", ""))),
    ("untag", (on("DeleteObjectTagging", KEY),), row("DELETE", ("tagging", ""))),
    ("tag-bucket", (on("PutBucketTagging"),), at_bucket("PUT", ("tagging", ""), body=TAGGED)),
    ("bucket-tags", (on("GetBucketTagging"),), at_bucket("GET", ("tagging", ""))),
    ("untag-bucket", (on("DeleteBucketTagging"),), at_bucket("DELETE", ("tagging", ""))),
    ("url-get", READS, row("GET")),
    ("url-put", WRITES, row("PUT", body=BODY)),
    ("batch-delete", (on("DeleteObject", KEY), on("DeleteObject", OTHER)), at_bucket("POST", ("delete", ""), body=naming(KEY, OTHER))),
    ("delete", (on("DeleteObject", KEY),), row("DELETE")),
    ("delete-bucket", (on("DeleteBucket"),), at_bucket("DELETE")),
]


# ------------------------------------------------------------------ oss2
def oss2_calls(version):
    import oss2

    def tagging():
        rule = oss2.models.TaggingRule()
        rule.add("k", "v")
        return oss2.models.Tagging(rule)

    def at(caller):
        return bucket(caller, version)

    def url_get(caller):
        need(plain.send("GET", at(caller).sign_url("GET", KEY, EXPIRES_SECONDS)) == answers.OBJECT, "got another object")

    part = oss2.models.PartInfo(1, "E")
    upload = answers.UPLOAD_ID
    return {
        "create-bucket": lambda c: at(c).create_bucket(),
        "put": lambda c: at(c).put_object(KEY, BODY),
        "put-tagged": lambda c: at(c).put_object(KEY, BODY, headers={"x-oss-tagging": "k=v"}),
        "list-v1": lambda c: at(c).list_objects(prefix="dir a/"),
        "list-v2": lambda c: at(c).list_objects_v2(prefix="dir a/"),
        "get": lambda c: need(at(c).get_object(KEY).read() == answers.OBJECT, "got another object"),
        "head": lambda c: at(c).head_object(KEY),
        "meta": lambda c: at(c).get_object_meta(KEY),
        "initiate": lambda c: need(at(c).init_multipart_upload(KEY).upload_id == upload, "got another upload"),
        "upload-part": lambda c: at(c).upload_part(KEY, upload, 1, PART),
        "copy-part": lambda c: at(c).upload_part_copy(BUCKET, SOURCE, (0, 4), KEY, upload, 2),
        "list-parts": lambda c: at(c).list_parts(KEY, upload),
        "list-uploads": lambda c: at(c).list_multipart_uploads(),
        "complete": lambda c: at(c).complete_multipart_upload(KEY, upload, [part]),
        "abort": lambda c: at(c).abort_multipart_upload(KEY, upload),
        "copy": lambda c: at(c).copy_object(BUCKET, SOURCE, KEY),
        "tag": lambda c: at(c).put_object_tagging(KEY, tagging()),
        "tags": lambda c: at(c).get_object_tagging(KEY),
        "untag": lambda c: at(c).delete_object_tagging(KEY),
        "tag-bucket": lambda c: at(c).put_bucket_tagging(tagging()),
        "bucket-tags": lambda c: at(c).get_bucket_tagging(),
        "untag-bucket": lambda c: at(c).delete_bucket_tagging(),
        "url-get": url_get,
        "url-put": lambda c: plain.send("PUT", at(c).sign_url("PUT", KEY, EXPIRES_SECONDS), body=BODY),
        "batch-delete": lambda c: at(c).batch_delete_objects([KEY, OTHER]),
        "delete": lambda c: at(c).delete_object(KEY),
        "delete-bucket": lambda c: at(c).delete_bucket(),
    }


# ------------------------------------------------------------------ alibabacloud-oss-v2
def oss_v2_calls(version):
    import datetime

    import alibabacloud_oss_v2 as oss
    tags = oss.Tagging(tag_set=oss.TagSet(tags=[oss.Tag(key="k", value="v")]))
    part = oss.CompleteMultipartUpload(parts=[oss.UploadPart(part_number=1, etag="E")])
    upload = answers.UPLOAD_ID

    def call(method, request, **more):
        """The method of the client, with a request of this type about the bucket."""
        return lambda caller: getattr(client(caller, version), method)(request(bucket=BUCKET, **more))

    def url(request, body=None):
        def send(caller):
            signed = client(caller, version).presign(request, expires=datetime.timedelta(seconds=EXPIRES_SECONDS))
            plain.send(signed.method, signed.url, signed.signed_headers, body)
        return send

    return {
        "create-bucket": call("put_bucket", oss.PutBucketRequest),
        "put": call("put_object", oss.PutObjectRequest, key=KEY, body=BODY),
        "put-tagged": call("put_object", oss.PutObjectRequest, key=KEY, body=BODY, tagging="k=v"),
        "list-v1": call("list_objects", oss.ListObjectsRequest, prefix="dir a/"),
        "list-v2": call("list_objects_v2", oss.ListObjectsV2Request, prefix="dir a/"),
        "get": call("get_object", oss.GetObjectRequest, key=KEY),
        "head": call("head_object", oss.HeadObjectRequest, key=KEY),
        "meta": call("get_object_meta", oss.GetObjectMetaRequest, key=KEY),
        "initiate": call("initiate_multipart_upload", oss.InitiateMultipartUploadRequest, key=KEY),
        "upload-part": call("upload_part", oss.UploadPartRequest, key=KEY, upload_id=upload, part_number=1, body=PART),
        "copy-part": call("upload_part_copy", oss.UploadPartCopyRequest, key=KEY, upload_id=upload, part_number=2, source_key=SOURCE),
        "list-parts": call("list_parts", oss.ListPartsRequest, key=KEY, upload_id=upload),
        "list-uploads": call("list_multipart_uploads", oss.ListMultipartUploadsRequest),
        "complete": call("complete_multipart_upload", oss.CompleteMultipartUploadRequest, key=KEY, upload_id=upload, complete_multipart_upload=part),
        "abort": call("abort_multipart_upload", oss.AbortMultipartUploadRequest, key=KEY, upload_id=upload),
        "copy": call("copy_object", oss.CopyObjectRequest, key=KEY, source_key=SOURCE),
        "tag": call("put_object_tagging", oss.PutObjectTaggingRequest, key=KEY, tagging=tags),
        "tags": call("get_object_tagging", oss.GetObjectTaggingRequest, key=KEY),
        "untag": call("delete_object_tagging", oss.DeleteObjectTaggingRequest, key=KEY),
        "tag-bucket": call("put_bucket_tags", oss.PutBucketTagsRequest, tagging=tags),
        "bucket-tags": call("get_bucket_tags", oss.GetBucketTagsRequest),
        "untag-bucket": call("delete_bucket_tags", oss.DeleteBucketTagsRequest),
        "url-get": url(oss.GetObjectRequest(bucket=BUCKET, key=KEY)),
        "url-put": url(oss.PutObjectRequest(bucket=BUCKET, key=KEY), BODY),
        "batch-delete": call("delete_multiple_objects", oss.DeleteMultipleObjectsRequest, objects=[oss.DeleteObject(key=key) for key in (KEY, OTHER)]),
        "delete": call("delete_object", oss.DeleteObjectRequest, key=KEY),
        "delete-bucket": call("delete_bucket", oss.DeleteBucketRequest),
    }


# ------------------------------------------------------------------ ali-oss
def ali_oss_calls(version):
    word = version_of(version)
    options = {"bucket": BUCKET, "key": KEY, "source": SOURCE, "keys": [KEY, OTHER], "body": BODY.decode(), "part": PART.decode(), "tags": {"k": "v"},
               "upload": answers.UPLOAD_ID, "prefix": "dir a/"}

    def call(name):
        return lambda caller: WORKER.call("oss-%s-tour-%s" % (word, name), caller, **options)

    def url(method, body=None):
        def send(caller):
            signed = WORKER.call("oss-%s-url" % word, caller, bucket=BUCKET, method=method, key=KEY, expires=EXPIRES_SECONDS)
            plain.send(method, signed, body=body)
        return send

    return {**{name: call(name) for name, _, _ in STEPS}, "url-get": url("GET"), "url-put": url("PUT", BODY)}


# ------------------------------------------------------------------ the list
def steps(sdk, version, calls):
    """The tour as this client makes it."""
    signed = lambda name: (plain.PLAIN, version + "-PRESIGN") if name.startswith("url") else (sdk, version)
    return [Step(name, *signed(name), calls[name], needs, arrives) for name, needs, arrives in STEPS]


CLIENTS = [
    ("oss2-v1", OSS2, V1, oss2_calls, Denial(OSS.no_permission, "AccessDenied")),
    ("oss2-v4", OSS2, V4, oss2_calls, Denial(OSS.no_permission, "AccessDenied")),
    ("ossv2-v4", OSS_V2, V4, oss_v2_calls, Denial(OSS.no_permission, "ServiceError")),
    ("alioss-v1", ALI_OSS, V1, ali_oss_calls, Denial(OSS.no_permission, "AccessDeniedError")),
    ("alioss-v4", ALI_OSS, V4, ali_oss_calls, Denial(OSS.no_permission, "AccessDeniedError")),
]
_made = {name: steps(sdk, version, calls(version)) for name, sdk, version, calls, _ in CLIENTS}
PLAN = Plan("oss", _made["oss2-v4"])
PLANS = [PLAN]
CASES = []
for _name, _, _version, _, _denial in CLIENTS:
    CASES += PLAN.tours(_name, _made[_name], _denial, PLAN.users)
    # What is missing is the same for a session; one client shows it.
    _sessions = PLAN.sessions if _name == "oss2-v4" else {None: PLAN.sessions[None]}
    CASES += PLAN.tours("session-" + _name, _made[_name], _denial, _sessions)
