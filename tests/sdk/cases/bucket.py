"""The bucket that all OSS clients call here, and what has to arrive for it."""
import answers
from cases import plain
from cases.model import Arrival, Refused
from cases.refusals import OSS_EXPIRED
from cases.world import ADMIN
from gate import REGION

BUCKET = "sdk-bucket"
ENDPOINT = "http://oss-%s.aliyuncs.com" % REGION
HOST = "%s.oss-%s.aliyuncs.com" % (BUCKET, REGION)
KEY = "dir a/文件 +~*&=#?.txt"                      # slashes go out as `/` or as `%2F`, depending on the SDK
ESCAPED = "100%2F/a%20b+c.txt"                      # looks escaped, and is not
TEAM_KEY = "team 队/a"                              # in the folder of one policy
SOURCE = "源 1/a+b.txt"
BODY = b"hello world"
CHANGED = b" and more"
INJECTED = "Injected=1"
EXPIRES_SECONDS = 600
V1, V2, V4 = "OSS-V1", "OSS-V2", "OSS-V4"
UPLOAD = ("uploadId", answers.UPLOAD_ID)


def version_of(scheme):
    """The word of the SDKs: `v4`."""
    return scheme[-2:].lower()


def at_key(method, *pairs, key=KEY, **more):
    return (Arrival(method, "/" + key, pairs, host=HOST, **more),)


def at_bucket(method, *pairs, **more):
    return (Arrival(method, "/", pairs, host=HOST, **more),)


def naming(*keys):
    """A body that names each of these keys."""
    def check(body):
        text = body.decode().replace("&amp;", "&")
        return all("<Key>%s</Key>" % key in text for key in keys)
    return check


def multipart(*parts):
    """An upload in these parts."""
    last = "<PartNumber>%d</PartNumber>" % len(parts)
    arrivals = at_key("POST", ("uploads", ""))
    for number, part in enumerate(parts, 1):
        arrivals += at_key("PUT", UPLOAD, ("partNumber", str(number)), body=part)
    return arrivals + at_key("POST", UPLOAD, body=lambda body: last.encode() in body)


COPY = at_key("PUT", headers=(("x-oss-copy-source", "/%s/%s" % (BUCKET, SOURCE)),))
REMOVE = at_bucket("POST", ("delete", ""), body=naming(KEY, ESCAPED))


def outdated_url(name, scheme, call):
    return Refused("outdated-url-" + name, plain.PLAIN, scheme + "-PRESIGN", call, ADMIN, expect=OSS_EXPIRED)
