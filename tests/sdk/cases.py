"""What the SDKs do here, who may do it, and what has to come of it."""
import re
from dataclasses import dataclass, field
from typing import Callable, Optional

import wire
from gate import ACCOUNT, REGION

ECS = "ecs.%s.aliyuncs.com" % REGION
FC = "fcv3.%s.aliyuncs.com" % REGION
ODD = "a b*c~d+e/%41&=é测试"              # every character that one encoder or another treats differently
ACS3, RPC = "ACS3-HMAC-SHA256", "RPC-HMAC-SHA1"


# ------------------------------------------------------------------ who calls
@dataclass(frozen=True)
class Caller:
    user: str
    key: str
    secret: str = field(repr=False)
    status: str = "Active"


ADMIN = Caller("admin", "LTAI5tSdkRunAdmin0000001", "runAdminSecret0123456789abcdef")
ADMIN_OFF = Caller("admin", "LTAI5tSdkRunAdmin0000002", "runAdminOther0123456789abcdefg", "Inactive")
ADMIN_REVOKED = Caller("deputy", "LTAI5tSdkRunAdmin0000003", "runAdminThird0123456789abcdefg")
NOBODY = Caller("nobody", "LTAI5tSdkRunNobody000001", "runNobodySecret0123456789abcde")
TEAM = Caller("team", "LTAI5tSdkRunTeam00000001", "runTeamSecret0123456789abcdefg")
BARRED = Caller("barred", "LTAI5tSdkRunBarred000001", "runBarredSecret0123456789abcde")
STRANGER = Caller("admin", "LTAI5tSdkRunStranger0001", ADMIN.secret)          # in no file
CALLERS = [ADMIN, ADMIN_OFF, ADMIN_REVOKED, NOBODY, TEAM, BARRED]


def guessing(caller):
    return Caller(caller.user, caller.key, "thisIsNotTheSecret000000000000")


WORLD = {
    "users": [
        {"name": "admin", "id": "200000000000000001", "policies": {"system": ["AdministratorAccess"]}},
        {"name": "deputy", "id": "200000000000000009", "policies": {"system": ["AdministratorAccess"]}},
        {"name": "nobody", "id": "200000000000000002"},
        {"name": "team", "id": "200000000000000003", "policies": {"custom": ["team-instances"]}},
        {"name": "barred", "id": "200000000000000004", "groups": ["barred"], "policies": {"system": ["AdministratorAccess"]}},
    ],
    "groups": [{"name": "barred", "policies": {"custom": ["no-reading"]}}],
    "keys": [{"id": c.key, "user": c.user, "secret": c.secret, "status": c.status} for c in CALLERS],
    "policies": {
        "team-instances": [
            {"Effect": "Allow", "Action": "ecs:DescribeInstances", "Resource": "acs:ecs:%s:%s:instance/i-team-*" % (REGION, ACCOUNT)}],
        "no-reading": [{"Effect": "Deny", "Action": ["ecs:Describe*", "fc:List*"], "Resource": "*"}],
    },
    "revoked_keys": [ADMIN_REVOKED.key],
}


# ------------------------------------------------------------------ calls of the current SDKs
def tea_config(caller, host, **more):
    from alibabacloud_tea_openapi.models import Config
    return Config(access_key_id=caller.key, access_key_secret=caller.secret, endpoint=host, region_id=REGION, protocol="http", **more)


def tea_options():
    from darabonba.runtime import RuntimeOptions
    return RuntimeOptions(autoretry=False, max_attempts=1, connect_timeout=5000, read_timeout=10000)


def ecs(caller):
    from alibabacloud_ecs20140526.client import Client
    return Client(tea_config(caller, ECS))


def fc(caller):
    from alibabacloud_fc20230330.client import Client
    return Client(tea_config(caller, FC))


def regions(caller):
    from alibabacloud_ecs20140526 import models
    return ecs(caller).describe_regions_with_options(models.DescribeRegionsRequest(), tea_options()).status_code


def instances(caller, ids='["i-team-1","i-team-2"]'):
    from alibabacloud_ecs20140526 import models
    request = models.DescribeInstancesRequest(region_id=REGION, instance_ids=ids)
    return ecs(caller).describe_instances_with_options(request, tea_options()).status_code


def odd_query(caller):
    from alibabacloud_ecs20140526 import models
    tags = [models.DescribeInstancesRequestTag(key="环境", value=ODD), models.DescribeInstancesRequestTag(key="empty", value="")]
    request = models.DescribeInstancesRequest(region_id=REGION, instance_name=ODD, tag=tags)
    return ecs(caller).describe_instances_with_options(request, tea_options()).status_code


def functions(caller):
    from alibabacloud_fc20230330 import models
    return fc(caller).list_functions_with_options(models.ListFunctionsRequest(prefix=ODD, limit=7), {}, tea_options()).status_code


def odd_path(caller):
    from alibabacloud_fc20230330 import models
    request = models.GetFunctionRequest(qualifier="LATEST")
    return fc(caller).get_function_with_options("one/two 三*~+", request, {}, tea_options()).status_code


def create_function(caller):
    from alibabacloud_fc20230330 import models
    function = models.CreateFunctionInput(function_name="hello", runtime="python3.12", handler="index.handler", description=ODD)
    return fc(caller).create_function_with_options(models.CreateFunctionRequest(body=function), {}, tea_options()).status_code


def generic(caller, action, method="POST", query=None, form=None, **config):
    """A call without a client of its own, as tools on top of the SDK make it."""
    from alibabacloud_tea_openapi import models
    from alibabacloud_tea_openapi.client import Client
    params = models.Params(action=action, version="2014-05-26", protocol="HTTP", pathname="/", method=method, auth_type="AK", style="RPC",
                           req_body_type="formData" if form else "json", body_type="json")
    request = models.OpenApiRequest(query=query, body=form)
    return Client(tea_config(caller, ECS, **config)).call_api(params, request, tea_options())["statusCode"]


def run_command(caller):
    return generic(caller, "RunCommand", query={"RegionId": REGION}, form={"CommandContent": ODD, "InstanceId": ["i-1", "i-2"], "Name": ""})


def zones_by_get(caller):
    return generic(caller, "DescribeZones", method="GET", query={"RegionId": REGION, "b": ODD, "B": "", "_a": "1"})


def tea_v2(caller):
    return generic(caller, "DescribeRegions", query={"Q": ODD}, form={"B": ODD}, signature_algorithm="v2")


def unheard_of(caller):
    return generic(caller, "DescribeWhatNobodyKnows", query={"RegionId": REGION})


# ------------------------------------------------------------------ calls of the classic SDK
def core_client(caller):
    from aliyunsdkcore.client import AcsClient
    return AcsClient(caller.key, caller.secret, REGION, auto_retry=False, timeout=10)


def core_send(caller, request):
    request.set_protocol_type("http")
    core_client(caller).do_action_with_exception(request)
    return 200


def core_common(action, method):
    from aliyunsdkcore.request import CommonRequest
    request = CommonRequest(domain=ECS, version="2014-05-26", action_name=action)
    request.set_method(method)
    return request


def core_ecs(caller):
    from aliyunsdkecs.request.v20140526.DescribeInstancesRequest import DescribeInstancesRequest
    request = DescribeInstancesRequest()
    request.set_endpoint(ECS)
    request.set_InstanceName(ODD)
    request.set_Tags([{"Key": "env", "Value": "a=b&c"}, {"Key": "empty", "Value": ""}])
    return core_send(caller, request)


def core_get(caller):
    request = core_common("DescribeRegions", "GET")
    request.add_query_param("Q", ODD)
    return core_send(caller, request)


def core_form(caller):
    request = core_common("DescribeRegions", "POST")
    request.add_body_params("B", ODD)
    request.add_body_params("E", "")
    return core_send(caller, request)


# ------------------------------------------------------------------ what must come of a call
class Failed(Exception):
    """A case did not end as it has to."""


@dataclass(frozen=True)
class Case:
    name: str
    scheme: str
    call: Callable
    caller: Caller
    spoil: Optional[Callable] = None


@dataclass(frozen=True)
class Allowed(Case):
    arrives: tuple = ()               # (name, value): in the query or in the form
    path: str = "/"

    def run(self, upstream, through_gate=True):
        with wire.sending(self.spoil):
            status = self.call(self.caller)
        seen = upstream.take()
        if status != 200 or len(seen) != 1:
            raise Failed("HTTP %s to the SDK, %d requests at the upstream" % (status, len(seen)))
        lost = [item for item in self.arrives if item not in seen[0].query + seen[0].form]
        if lost or seen[0].path != self.path:
            raise Failed("changed on the way: %s %s, missing %s" % (seen[0].method, seen[0].target, lost))
        complaints = credentials_in(seen[0], self.caller) + identity_missing(seen[0], self.caller)
        if through_gate and complaints:
            raise Failed("; ".join(complaints))
        if not through_gate and not (credentials_in(seen[0], self.caller) and identity_missing(seen[0], self.caller)):
            raise Failed("the checks found nothing wrong in a request that no gate had treated")
        return "HTTP 200"


@dataclass(frozen=True)
class Refused(Case):
    codes: tuple = ()
    status: int = 400
    detail: tuple = ()                # (field, value) of AccessDeniedDetail, as the SDK reports it
    reaches: int = 0                  # how many requests may have reached the upstream

    def run(self, upstream, through_gate=True):
        try:
            with wire.sending(self.spoil):
                self.call(self.caller)
        except Exception as error:                     # each SDK family has its own exceptions
            code, status, detail = read_refusal(error)
            what = "%s (HTTP %s)" % (code, status)
            if code not in self.codes or status != self.status:
                raise Failed("wanted %s (HTTP %d), the SDK reports %s: %s" % (" or ".join(self.codes), self.status, what, error)) from error
        else:
            raise Failed("accepted")
        finally:
            seen = upstream.take()
        if len(seen) != self.reaches:
            raise Failed("%d requests reached the upstream instead of %d" % (len(seen), self.reaches))
        wrong = [(name, value, detail.get(name)) for name, value in self.detail if detail.get(name) != value]
        if wrong:
            raise Failed("AccessDeniedDetail: " + ", ".join("%s should be %r, is %r" % item for item in wrong))
        return what


def credentials_in(seen, caller):
    """What the upstream must not be told: how the call was signed, and with what."""
    names = [name for name, _ in seen.query + seen.form if name in ("AccessKeyId", "SecurityToken") or name.startswith("Signature")]
    names += [name for name, _ in seen.headers if name.lower() in ("authorization", "x-acs-security-token", "x-acs-accesskey-id")
              or name.lower().startswith("x-acs-signature")]
    others = [value for name, value in seen.headers if not name.lower().startswith("x-ramgate-")]
    text = "\n".join([seen.target, seen.body.decode(errors="replace")] + others)
    found = ["the upstream got %s" % ", ".join(names)] if names else []
    return found + (["the upstream got the AccessKeyId"] if caller.key in text else [])


def identity_missing(seen, caller):
    principals = seen.values("x-ramgate-principal")
    if len(principals) != 1 or not re.search(r"(^|[:/])user/%s$" % caller.user, principals[0]):
        return ["x-ramgate-principal is %r, which does not name the user %s" % (principals, caller.user)]
    return []


def read_refusal(error):
    """Code, HTTP status and AccessDeniedDetail, the way a program that uses the SDK gets at them."""
    if hasattr(error, "get_http_status"):              # classic SDK
        return error.get_error_code(), error.get_http_status(), {}
    return getattr(error, "code", type(error).__name__), getattr(error, "status_code", None), getattr(error, "access_denied_detail", None) or {}


# ------------------------------------------------------------------ the list
FORGED = "acs:ram::%s:root" % ACCOUNT
POSITIVE = [
    Allowed("acs3-rpc", ACS3, regions, ADMIN),
    Allowed("acs3-odd-query", ACS3, odd_query, ADMIN, arrives=(("InstanceName", ODD), ("Tag.1.Key", "环境"), ("Tag.1.Value", ODD), ("Tag.2.Value", ""))),
    Allowed("acs3-form", ACS3, run_command, ADMIN, arrives=(("CommandContent", ODD), ("InstanceId.1", "i-1"), ("InstanceId.2", "i-2"), ("Name", ""))),
    Allowed("acs3-get", ACS3, zones_by_get, ADMIN, arrives=(("b", ODD), ("B", ""), ("_a", "1"))),
    Allowed("acs3-roa-get", ACS3, functions, ADMIN, arrives=(("prefix", ODD), ("limit", "7")), path="/2023-03-30/functions"),
    Allowed("acs3-roa-path", ACS3, odd_path, ADMIN, arrives=(("qualifier", "LATEST"),), path="/2023-03-30/functions/one%2Ftwo%20%E4%B8%89%2A~%2B"),
    Allowed("acs3-roa-json", ACS3, create_function, ADMIN, path="/2023-03-30/functions"),
    Allowed("rpc-ecs", RPC, core_ecs, ADMIN, arrives=(("InstanceName", ODD), ("Tag.1.Value", "a=b&c"), ("Tag.2.Key", "empty"))),
    Allowed("rpc-get", RPC, core_get, ADMIN, arrives=(("Q", ODD),)),
    Allowed("rpc-form", RPC, core_form, ADMIN, arrives=(("B", ODD), ("E", ""))),
    Allowed("rpc-tea-v2", RPC, tea_v2, ADMIN, arrives=(("Q", ODD), ("B", ODD))),
    Allowed("narrow-policy", ACS3, instances, TEAM, arrives=(("InstanceIds", '["i-team-1","i-team-2"]'),)),
    Allowed("deny-leaves-the-rest", ACS3, run_command, BARRED),
    Allowed("forged-identity-header", ACS3, regions, ADMIN, wire.with_header("x-ramgate-principal", FORGED)),
    Allowed("forged-identity-header-rpc", RPC, core_get, ADMIN, wire.with_header("X_Ramgate_Principal", FORGED)),
]

# The codes are those of the real service; programs branch on them.
MISMATCH = ("SignatureDoesNotMatch", "InvalidAccessKeySecret")         # the second is the classic SDK's reading of the first
NO_RIGHT = ("NoPermission", "Forbidden.RAM", "Forbidden")
SUB_USER = (("AuthPrincipalType", "SubUser"), ("AuthPrincipalOwnerId", ACCOUNT), ("PolicyType", "AccountLevelIdentityBasedPolicy"))
BASE = [("acs3-rpc", ACS3, regions), ("acs3-form", ACS3, run_command), ("acs3-roa-json", ACS3, create_function),
        ("rpc-get", RPC, core_get), ("rpc-form", RPC, core_form), ("rpc-tea-v2", RPC, tea_v2)]

NEGATIVE = []
for _name, _scheme, _call in BASE:
    NEGATIVE += [
        Refused("bad-secret-" + _name, _scheme, _call, guessing(ADMIN), codes=MISMATCH),
        Refused("unknown-key-" + _name, _scheme, _call, STRANGER, codes=("InvalidAccessKeyId.NotFound",), status=404),
        Refused("inactive-key-" + _name, _scheme, _call, ADMIN_OFF, codes=("InvalidAccessKeyId.Inactive",)),
        Refused("replay-" + _name, _scheme, _call, ADMIN, wire.replayed, codes=("SignatureNonceUsed",), reaches=1),
        Refused("query-changed-" + _name, _scheme, _call, ADMIN, wire.with_query("Injected=1"), codes=MISMATCH),
        Refused("no-permission-" + _name, _scheme, _call, NOBODY, codes=NO_RIGHT, status=403),
    ]
NEGATIVE += [
    Refused("body-changed-acs3-form", ACS3, run_command, ADMIN, wire.with_body(b"&Injected=1"), codes=MISMATCH + ("InvalidParameter",)),
    Refused("body-changed-acs3-roa-json", ACS3, create_function, ADMIN, wire.with_body(b" "), codes=MISMATCH + ("InvalidParameter",)),
    Refused("body-changed-rpc-form", RPC, core_form, ADMIN, wire.with_body(b"&Injected=1"), codes=MISMATCH),
    Refused("body-changed-rpc-tea-v2", RPC, tea_v2, ADMIN, wire.with_body(b"&Injected=1"), codes=MISMATCH),
    Refused("implicit-deny-detail", ACS3, run_command, NOBODY, codes=NO_RIGHT, status=403,
            detail=SUB_USER + (("AuthAction", "ecs:RunCommand"), ("AuthPrincipalDisplayName", "200000000000000002"), ("NoPermissionType", "ImplicitDeny"))),
    Refused("implicit-deny-detail-roa", ACS3, functions, NOBODY, codes=NO_RIGHT, status=403,
            detail=SUB_USER + (("AuthAction", "fc:ListFunctions"), ("NoPermissionType", "ImplicitDeny"))),
    Refused("explicit-deny", ACS3, regions, BARRED, codes=NO_RIGHT, status=403,
            detail=SUB_USER + (("AuthAction", "ecs:DescribeRegions"), ("AuthPrincipalDisplayName", "200000000000000004"), ("NoPermissionType", "ExplicitDeny"))),
    Refused("explicit-deny-rpc", RPC, core_get, BARRED, codes=NO_RIGHT, status=403),
    Refused("one-resource-too-many", ACS3, lambda caller: instances(caller, '["i-team-1","i-other-1"]'), TEAM, codes=NO_RIGHT, status=403,
            detail=(("AuthAction", "ecs:DescribeInstances"), ("NoPermissionType", "ImplicitDeny"))),
    Refused("other-action", ACS3, run_command, TEAM, codes=NO_RIGHT, status=403),
    Refused("revoked-key", ACS3, regions, ADMIN_REVOKED, codes=("InvalidAccessKeyId.Inactive", "InvalidAccessKeyId.NotFound"), status=400),
    Refused("unknown-operation", ACS3, unheard_of, ADMIN, codes=("InvalidAction.NotFound",), status=404),
]
CASES = POSITIVE + NEGATIVE
