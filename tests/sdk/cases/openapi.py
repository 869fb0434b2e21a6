"""The current Python SDK (darabonba): ACS3, and with `signature_algorithm="v2"` the older RPC and ROA signatures."""
import json

import relay
from cases.model import Allowed, Arrival, Reading, Refusal, Refused, Sdk
from cases.refusals import NONCE_USED, OPENAPI, keys_refused, spoilt
from cases.world import ADMIN, ADMIN_REVOKED, BARRED, NOBODY, SESSION, TEAM
from gate import ACCOUNT, REGION

ECS = "ecs.%s.aliyuncs.com" % REGION
FC = "fcv3.%s.aliyuncs.com" % REGION
CS = "cs.%s.aliyuncs.com" % REGION
ODD = "a b*c~d+e/%41&=é测试"              # every character that one encoder or another treats differently
ODD_TEXT = ODD.replace("&", "")            # ROA signs decoded text, where an `&` could be two things: such calls are refused
ACS3, SM3, RPC, ROA = "ACS3-HMAC-SHA256", "ACS3-HMAC-SM3", "RPC-HMAC-SHA1", "ROA-HMAC-SHA1"


# ------------------------------------------------------------------ the SDK
def errors():
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
    return AlibabaCloudException


def read(error):
    return Reading(error.code, error.status_code, error.request_id, error.access_denied_detail or {}, type(error).__name__)


TEA = Sdk("alibabacloud-tea-openapi", errors, read)


def config(caller, host, **more):
    from alibabacloud_tea_openapi.models import Config
    return Config(access_key_id=caller.key, access_key_secret=caller.secret, security_token=caller.token or None, endpoint=host, region_id=REGION,
                  protocol="http", **more)


def options():
    from darabonba.runtime import RuntimeOptions
    return RuntimeOptions(autoretry=False, max_attempts=1, connect_timeout=5000, read_timeout=10000)


# ------------------------------------------------------------------ calls of the clients of single products
def ecs(caller):
    from alibabacloud_ecs20140526.client import Client
    return Client(config(caller, ECS))


def fc(caller):
    from alibabacloud_fc20230330.client import Client
    return Client(config(caller, FC))


def regions(caller):
    from alibabacloud_ecs20140526 import models
    ecs(caller).describe_regions_with_options(models.DescribeRegionsRequest(), options())


def instances(caller, ids='["i-team-1","i-team-2"]'):
    from alibabacloud_ecs20140526 import models
    request = models.DescribeInstancesRequest(region_id=REGION, instance_ids=ids)
    ecs(caller).describe_instances_with_options(request, options())


def odd_query(caller):
    from alibabacloud_ecs20140526 import models
    tags = [models.DescribeInstancesRequestTag(key="环境", value=ODD), models.DescribeInstancesRequestTag(key="empty", value="")]
    request = models.DescribeInstancesRequest(region_id=REGION, instance_name=ODD, tag=tags)
    ecs(caller).describe_instances_with_options(request, options())


def functions(caller):
    from alibabacloud_fc20230330 import models
    fc(caller).list_functions_with_options(models.ListFunctionsRequest(prefix=ODD, limit=7), {}, options())


def odd_path(caller):
    from alibabacloud_fc20230330 import models
    request = models.GetFunctionRequest(qualifier="LATEST")
    fc(caller).get_function_with_options("one/two 三*~+", request, {}, options())


def create_function(caller):
    from alibabacloud_fc20230330 import models
    function = models.CreateFunctionInput(function_name="hello", runtime="python3.12", handler="index.handler", description=ODD)
    fc(caller).create_function_with_options(models.CreateFunctionRequest(body=function), {}, options())


def assume_role(caller):
    from alibabacloud_sts20150401 import models
    from alibabacloud_sts20150401.client import Client
    request = models.AssumeRoleRequest(role_arn="acs:ram::%s:role/worker" % ACCOUNT, role_session_name="run")
    Client(config(caller, "sts.%s.aliyuncs.com" % REGION)).assume_role_with_options(request, options())


def get_policy(caller):
    from alibabacloud_ram20150501 import models
    from alibabacloud_ram20150501.client import Client
    request = models.GetPolicyRequest(policy_name="AdministratorAccess", policy_type="System")
    Client(config(caller, "ram.aliyuncs.com")).get_policy_with_options(request, options())


# ------------------------------------------------------------------ calls without a client of their own, as tools on top of the SDK make them
def generic(caller, host, params, query=None, body=None, **more):
    from alibabacloud_tea_openapi import models
    from alibabacloud_tea_openapi.client import Client
    request = models.OpenApiRequest(query=query, body=body)
    Client(config(caller, host, **more)).call_api(models.Params(protocol="HTTP", auth_type="AK", body_type="json", **params), request, options())


def rpc(caller, action, method="POST", query=None, form=None, **more):
    params = {"action": action, "version": "2014-05-26", "pathname": "/", "method": method, "style": "RPC",
              "req_body_type": "formData" if form else "json"}
    generic(caller, ECS, params, query, form, **more)


def run_command(caller):
    rpc(caller, "RunCommand", query={"RegionId": REGION}, form={"CommandContent": ODD, "InstanceId": ["i-1", "i-2"], "Name": ""})


def zones_by_get(caller):
    rpc(caller, "DescribeZones", method="GET", query={"RegionId": REGION, "b": ODD, "B": "", "_a": "1"})


def zones_by_sm3(caller):
    rpc(caller, "DescribeZones", query={"RegionId": REGION, "Q": ODD}, signature_algorithm="ACS3-HMAC-SM3")


def regions_v2(caller):
    rpc(caller, "DescribeRegions", query={"Q": ODD}, form={"B": ODD}, signature_algorithm="v2")


def unheard_of(caller):
    rpc(caller, "DescribeWhatNobodyKnows", query={"RegionId": REGION})


def clusters_v2(caller):
    params = {"action": "DescribeClusters", "version": "2015-12-15", "pathname": "/clusters", "method": "GET", "style": "ROA",
              "req_body_type": "json"}
    generic(caller, CS, params, query={"b": ODD_TEXT, "flag": ""}, signature_algorithm="v2")


# ------------------------------------------------------------------ the list
def at_ecs(*pairs, method="POST"):
    return (Arrival(method, pairs=pairs, host=ECS),)


def at_fc(method, path="/2023-03-30/functions", **more):
    return (Arrival(method, path, host=FC, **more),)


RUN_COMMAND = at_ecs(("CommandContent", ODD), ("InstanceId.1", "i-1"), ("InstanceId.2", "i-2"), ("Name", ""))
REGIONS_V2 = at_ecs(("Q", ODD), ("B", ODD))
CLUSTERS_V2 = (Arrival("GET", "/clusters", (("b", ODD_TEXT), ("flag", "")), host=CS),)
FORGED = "acs:ram::%s:root" % ACCOUNT
POSITIVE = [
    Allowed("acs3-rpc", TEA, ACS3, regions, ADMIN, at_ecs()),
    Allowed("acs3-odd-query", TEA, ACS3, odd_query, ADMIN,
            at_ecs(("InstanceName", ODD), ("Tag.1.Key", "环境"), ("Tag.1.Value", ODD), ("Tag.2.Value", ""))),
    Allowed("acs3-form", TEA, ACS3, run_command, ADMIN, RUN_COMMAND),
    Allowed("acs3-get", TEA, ACS3, zones_by_get, ADMIN, at_ecs(("b", ODD), ("B", ""), ("_a", "1"), method="GET")),
    Allowed("acs3-roa-get", TEA, ACS3, functions, ADMIN, at_fc("GET", pairs=(("prefix", ODD), ("limit", "7")))),
    Allowed("acs3-roa-path", TEA, ACS3, odd_path, ADMIN,
            at_fc("GET", raw="/2023-03-30/functions/one%2Ftwo%20%E4%B8%89%2A~%2B", pairs=(("qualifier", "LATEST"),))),
    Allowed("acs3-roa-json", TEA, ACS3, create_function, ADMIN, at_fc("POST", body=lambda body: json.loads(body)["description"] == ODD)),
    Allowed("acs3-sts", TEA, ACS3, assume_role, ADMIN, (Arrival("POST", pairs=(("RoleSessionName", "run"),), host="sts.%s.aliyuncs.com" % REGION),)),
    Allowed("acs3-ram", TEA, ACS3, get_policy, ADMIN, (Arrival("POST", pairs=(("PolicyName", "AdministratorAccess"),), host="ram.aliyuncs.com"),)),
    Allowed("acs3-sm3", TEA, SM3, zones_by_sm3, ADMIN, at_ecs(("Q", ODD))),
    Allowed("rpc-tea-v2", TEA, RPC, regions_v2, ADMIN, REGIONS_V2),
    Allowed("roa-tea-v2", TEA, ROA, clusters_v2, ADMIN, CLUSTERS_V2),
    Allowed("session-acs3-form", TEA, ACS3, run_command, SESSION, RUN_COMMAND),
    Allowed("session-rpc-tea-v2", TEA, RPC, regions_v2, SESSION, REGIONS_V2),
    Allowed("session-roa-tea-v2", TEA, ROA, clusters_v2, SESSION, CLUSTERS_V2),
    Allowed("narrow-policy", TEA, ACS3, instances, TEAM, at_ecs(("InstanceIds", '["i-team-1","i-team-2"]'))),
    Allowed("deny-leaves-the-rest", TEA, ACS3, run_command, BARRED, RUN_COMMAND),
    Allowed("forged-identity-header", TEA, ACS3, regions, ADMIN, at_ecs(), spoil=relay.with_header("x-ramgate-principal", FORGED)),
    Allowed("forged-identity-header-rpc", TEA, RPC, regions_v2, ADMIN, REGIONS_V2, spoil=relay.with_header("X_Ramgate_Principal", FORGED)),
]

INJECTED = "Injected=1"
NEGATIVE = []
for _name, _scheme, _call, _spoilt in [
        ("acs3-rpc", ACS3, regions, {"query": INJECTED}),
        ("acs3-form", ACS3, run_command, {"query": INJECTED, "body": b"&Injected=1", "change": ("x-acs-version", "2014-05-25")}),
        ("acs3-roa-json", ACS3, create_function, {"query": INJECTED, "body": b" "}),
        ("acs3-sm3", SM3, zones_by_sm3, {"query": INJECTED}),
        ("rpc-tea-v2", RPC, regions_v2, {"query": INJECTED, "body": b"&Injected=1", "header": False}),
        ("roa-tea-v2", ROA, clusters_v2, {"query": INJECTED, "change": ("x-acs-version", "2015-12-14")})]:
    NEGATIVE += keys_refused(OPENAPI, _name, TEA, _scheme, _call)
    NEGATIVE += spoilt(OPENAPI, _name, TEA, _scheme, _call, nonce=True, **_spoilt)

SUB_USER = (("AuthPrincipalType", "SubUser"), ("AuthPrincipalOwnerId", ACCOUNT), ("PolicyType", "AccountLevelIdentityBasedPolicy"))


def denied(name, call, caller, *detail):
    return Refused(name, TEA, ACS3, call, caller, expect=OPENAPI.no_permission, detail=detail)


NEGATIVE += [
    denied("implicit-deny-detail", run_command, NOBODY, *SUB_USER, ("AuthAction", "ecs:RunCommand"),
           ("AuthPrincipalDisplayName", "200000000000000002"), ("NoPermissionType", "ImplicitDeny")),
    denied("implicit-deny-detail-roa", functions, NOBODY, *SUB_USER, ("AuthAction", "fc:ListFunctions"), ("NoPermissionType", "ImplicitDeny")),
    denied("explicit-deny", regions, BARRED, *SUB_USER, ("AuthAction", "ecs:DescribeRegions"),
           ("AuthPrincipalDisplayName", "200000000000000004"), ("NoPermissionType", "ExplicitDeny")),
    denied("one-resource-too-many", lambda caller: instances(caller, '["i-team-1","i-other-1"]'), TEAM,
           ("AuthAction", "ecs:DescribeInstances"), ("NoPermissionType", "ImplicitDeny")),
    denied("other-action", run_command, TEAM),
    Refused("revoked-key", TEA, ACS3, regions, ADMIN_REVOKED, expect=OPENAPI.inactive_key | OPENAPI.unknown_key),
    Refused("unknown-operation", TEA, ACS3, unheard_of, ADMIN, expect=Refusal(("InvalidAction.NotFound",), (404,))),
    Refused("replay-session", TEA, ACS3, run_command, SESSION, expect=NONCE_USED, spoil=relay.replayed, reaches=1),
]
