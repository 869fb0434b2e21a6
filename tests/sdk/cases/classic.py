"""The classic Python SDK (aliyun-python-sdk-core): RPC and ROA signatures."""
from cases.model import Allowed, Arrival, Reading, Refused, Sdk
from cases.openapi import CS, ECS, INJECTED, ODD, ROA, RPC
from cases.refusals import OPENAPI, keys_refused, spoilt
from cases.world import ADMIN, BARRED, SESSION
from gate import REGION


# ------------------------------------------------------------------ the SDK
def errors():
    from aliyunsdkcore.acs_exception.exceptions import ServerException
    return ServerException


def read(error):
    return Reading(error.get_error_code(), error.get_http_status(), error.get_request_id())


CORE = Sdk("aliyun-python-sdk-core", errors, read)


def send(caller, request):
    from aliyunsdkcore.auth.credentials import AccessKeyCredential, StsTokenCredential
    from aliyunsdkcore.client import AcsClient
    credential = StsTokenCredential(caller.key, caller.secret, caller.token) if caller.token else AccessKeyCredential(caller.key, caller.secret)
    request.set_protocol_type("http")
    AcsClient(region_id=REGION, credential=credential, auto_retry=False, timeout=10).do_action_with_exception(request)


def common(host, version, method, action=None):
    from aliyunsdkcore.request import CommonRequest
    request = CommonRequest(domain=host, version=version, action_name=action)
    request.set_method(method)
    return request


# ------------------------------------------------------------------ calls
def instances(caller):
    from aliyunsdkecs.request.v20140526.DescribeInstancesRequest import DescribeInstancesRequest
    request = DescribeInstancesRequest()
    request.set_endpoint(ECS)
    request.set_InstanceName(ODD)
    request.set_Tags([{"Key": "env", "Value": "a=b&c"}, {"Key": "empty", "Value": ""}])
    send(caller, request)


def regions_by_get(caller):
    request = common(ECS, "2014-05-26", "GET", "DescribeRegions")
    request.add_query_param("Q", ODD)
    send(caller, request)


def regions_by_form(caller):
    request = common(ECS, "2014-05-26", "POST", "DescribeRegions")
    request.add_body_params("B", ODD)
    request.add_body_params("E", "")
    send(caller, request)


def nodes(caller):
    request = common(CS, "2015-12-15", "GET")
    request.set_uri_pattern("/clusters/[ClusterId]/nodes")
    request.add_path_param("ClusterId", "c-123")
    request.add_query_param("name", "a b*~测试")
    request.add_query_param("empty", "")
    send(caller, request)


CLUSTER = '{"name":"测试"}'.encode()


def create_cluster(caller):
    request = common(CS, "2015-12-15", "POST")
    request.set_uri_pattern("/clusters")
    request.set_content_type("application/json")
    request.set_content(CLUSTER)
    send(caller, request)


# ------------------------------------------------------------------ the list
FORM = (Arrival("POST", pairs=(("B", ODD), ("E", "")), host=ECS),)
NODES = (Arrival("GET", "/clusters/c-123/nodes", (("name", "a b*~测试"), ("empty", "")), host=CS),)
POSITIVE = [
    Allowed("rpc-ecs", CORE, RPC, instances, ADMIN,
            (Arrival("POST", pairs=(("InstanceName", ODD), ("Tag.1.Value", "a=b&c"), ("Tag.2.Key", "empty")), host=ECS),)),
    Allowed("rpc-get", CORE, RPC, regions_by_get, ADMIN, (Arrival("GET", pairs=(("Q", ODD),), host=ECS),)),
    Allowed("rpc-form", CORE, RPC, regions_by_form, ADMIN, FORM),
    Allowed("roa-get", CORE, ROA, nodes, ADMIN, NODES),
    Allowed("roa-json", CORE, ROA, create_cluster, ADMIN, (Arrival("POST", "/clusters", body=CLUSTER, host=CS),)),
    Allowed("session-rpc-form", CORE, RPC, regions_by_form, SESSION, FORM),
    Allowed("session-roa-get", CORE, ROA, nodes, SESSION, NODES),
]
NEGATIVE = [Refused("explicit-deny-rpc", CORE, RPC, regions_by_get, BARRED, expect=OPENAPI.no_permission)]
for _name, _scheme, _call, _spoilt in [
        ("rpc-get", RPC, regions_by_get, {"query": INJECTED, "header": False, "nonce": True}),
        ("rpc-form", RPC, regions_by_form, {"query": INJECTED, "body": b"&Injected=1", "header": False, "nonce": True}),
        # This SDK sends ROA calls without a nonce.
        ("roa-get", ROA, nodes, {"query": INJECTED}),
        ("roa-json", ROA, create_cluster, {"query": INJECTED, "body": b" "})]:
    NEGATIVE += keys_refused(OPENAPI, _name, CORE, _scheme, _call)
    NEGATIVE += spoilt(OPENAPI, _name, CORE, _scheme, _call, **_spoilt)
