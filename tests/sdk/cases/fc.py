"""Function Compute 2.0 with `aliyun-fc2`, and HTTP triggers with either signature."""
import datetime
import json
from dataclasses import replace

from cases import plain
from cases.model import Allowed, Arrival, Reading, Refused, Sdk, need
from cases.refusals import FC, OPENAPI, keys_refused, spoilt
from cases.world import ADMIN, BARRED, SESSION
from gate import ACCOUNT, REGION

HOST = "%s.%s.fc.aliyuncs.com" % (ACCOUNT, REGION)
TRIGGER = "fn-sdk.%s.fcapp.run" % REGION
PAYLOAD = b"\x00\x01payload \xff"
API, PROXY, ACS3_TRIGGER = "FC2-HMAC-SHA256", "FC2-HTTP-TRIGGER", "ACS3-FC-TRIGGER"


def errors():
    from fc2.fc_exceptions import FcError
    return FcError


def read(error):
    return Reading(error.err_code, error.status_code, json.loads(error.message)["RequestId"])


FC2 = Sdk("aliyun-fc2", errors, read)
HELPER = Sdk("alibabacloud-openapi-util", plain.PLAIN.errors, plain.PLAIN.read)


def client(caller):
    import fc2
    return fc2.Client(endpoint="http://" + HOST, accessKeyID=caller.key, accessKeySecret=caller.secret, securityToken=caller.token, Timeout=10)


def services(caller):
    need(client(caller).list_services(prefix="a b", limit=10).data["services"], "got no services")


def invoke(caller):
    need(client(caller).invoke_function("svc", "fn", payload=PAYLOAD).data == b"pong", "got another answer")


def through_proxy(caller):
    answer = client(caller).do_http_request("POST", "svc", "fn", "/a b/文", params={"k": ["2", "1"], "x": "y z"}, body=PAYLOAD)
    if answer.status_code != 200:                      # this call of the SDK raises nothing
        raise plain.HttpError(answer.status_code, answer.text)


def trigger(caller):
    """The helper of the SDK signs; what sends is up to the program."""
    from Tea.request import TeaRequest
    from alibabacloud_openapi_util.client import Client
    request = TeaRequest()
    request.method, request.pathname, request.query = "POST", "/hello/%E6%96%87", {"foo": "bar", "a": "x y"}
    request.headers = {"x-acs-date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}
    if caller.token:
        request.headers["x-acs-security-token"] = caller.token
    signature = Client.get_authorization(request, "ACS3-HMAC-SHA256", "", caller.key, caller.secret)
    plain.send("POST", "http://%s%s?foo=bar&a=x+y" % (TRIGGER, request.pathname), dict(request.headers, authorization=signature), PAYLOAD)


SERVICES = (Arrival("GET", "/2016-08-15/services", (("prefix", "a b"), ("limit", "10")), host=HOST),)
INVOKE = (Arrival("POST", "/2016-08-15/services/svc/functions/fn/invocations", host=HOST, body=PAYLOAD),)
THROUGH_PROXY = (Arrival("POST", "/2016-08-15/proxy/svc/fn/a b/文", (("k", "2"), ("k", "1"), ("x", "y z")), host=HOST, body=PAYLOAD),)
TRIGGERED = (Arrival("POST", "/hello/文", (("foo", "bar"), ("a", "x y")), host=TRIGGER, body=PAYLOAD),)
POSITIVE = [
    Allowed("fc2-list", FC2, API, services, ADMIN, SERVICES),
    Allowed("fc2-invoke", FC2, API, invoke, ADMIN, INVOKE),
    Allowed("fc2-http-trigger", FC2, PROXY, through_proxy, ADMIN, THROUGH_PROXY),
    Allowed("fc3-http-trigger", HELPER, ACS3_TRIGGER, trigger, ADMIN, TRIGGERED),
    Allowed("session-fc2-list", FC2, API, services, SESSION, SERVICES),
    Allowed("session-fc2-http-trigger", FC2, PROXY, through_proxy, SESSION, THROUGH_PROXY),
    Allowed("session-fc3-http-trigger", HELPER, ACS3_TRIGGER, trigger, SESSION, TRIGGERED),
]
NEGATIVE = keys_refused(FC, "fc2-list", FC2, API, services)
# The query of an API call is not signed, that of a trigger is.
NEGATIVE += spoilt(FC, "fc2-invoke", FC2, API, invoke, change=("content-type", "text/plain"))
NEGATIVE += keys_refused(FC, "fc2-http-trigger", plain.PLAIN, PROXY, through_proxy)
NEGATIVE += spoilt(FC, "fc2-http-trigger", plain.PLAIN, PROXY, through_proxy, query="Injected=1")
# Like a trigger of FC 3.0 itself, in the words of Function Compute or in those of OpenAPI.
_EITHER = replace(FC, mismatch=FC.mismatch | OPENAPI.mismatch, unknown_key=FC.unknown_key | OPENAPI.unknown_key,
                  inactive_key=FC.inactive_key | OPENAPI.inactive_key, no_permission=FC.no_permission | OPENAPI.no_permission,
                  other_token=FC.other_token | OPENAPI.other_token, header="x-acs-injected", unsigned=OPENAPI.unsigned | FC.digest)
NEGATIVE += keys_refused(_EITHER, "fc3-http-trigger", HELPER, ACS3_TRIGGER, trigger)
NEGATIVE += spoilt(_EITHER, "fc3-http-trigger", HELPER, ACS3_TRIGGER, trigger, query="Injected=1")
NEGATIVE += [Refused("explicit-deny-fc2", FC2, API, services, BARRED, expect=FC.no_permission)]
