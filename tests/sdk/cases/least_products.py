"""The tours of the other products: a handful of calls of each, made with its own client.

KMS has none here (it would pull in ten packages), so the client that all of them are made from calls it by name.
"""
import io
import json

from cases.least import Denial, Permission, Plan, Step
from cases.model import Arrival
from cases.openapi import ACS3, TEA, config, generic, options
from cases.refusals import OPENAPI, SLS
from cases.sls import HOST as LOG_HOST, LOG, PROJECT, STORE, V4, client as log_client, put as put_logs, query as query_logs, stores as list_stores
from gate import ACCOUNT, REGION

TEA_DENIAL = Denial(OPENAPI.no_permission, "ClientException", "AuthAction")
LOG_DENIAL = Denial(SLS.no_permission, "LogException")
FC_PATH = "/2023-03-30/functions"


# ------------------------------------------------------------------ how a step is written
def allow(action, service, *resources, region=REGION, account=ACCOUNT):
    """The permissions for an action on these resources."""
    return tuple(Permission(action, "acs:%s:%s:%s:%s" % (service, region, account, resource)) for resource in resources)


def everywhere(action):
    """The permission for an action that is granted on everything or not at all."""
    return (Permission(action, "*"),)


def own_client(package, host, operation, model, **fields):
    """A call of a product's own client; `model` is the name of its request type."""
    def call(caller):
        from importlib import import_module
        models, made = import_module(package + ".models"), import_module(package + ".client").Client(config(caller, host))
        getattr(made, operation + "_with_options")(*([getattr(models, model)(**fields)] if model else []), options())
    return call


class Product:
    """An RPC product: where it is, and the package of its client."""

    def __init__(self, package, host):
        self.package, self.host = package, host

    def step(self, operation, model, needs, pairs=(), **fields):
        name = (model or "GetCallerIdentityRequest").removesuffix("Request")
        call = own_client(self.package, self.host, operation, model, **fields)
        return Step(name, TEA, ACS3, call, needs, (Arrival("POST", "/", pairs, host=self.host, headers=(("x-acs-action", name),)),))


def regional(package, name):
    return Product("alibabacloud_" + package, "%s.%s.aliyuncs.com" % (name, REGION))


ECS, VPC = regional("ecs20140526", "ecs"), regional("vpc20160428", "vpc")
RDS, SLB = regional("rds20140815", "rds"), regional("slb20140515", "slb")
ARMS, STS = regional("arms20190808", "arms"), regional("sts20150401", "sts")
RAM = Product("alibabacloud_ram20150501", "ram.aliyuncs.com")
SAS = Product("alibabacloud_sas20181203", "tds.aliyuncs.com")
HERE = {"region_id": REGION}


# ------------------------------------------------------------------ RPC
def ecs():
    from alibabacloud_ecs20140526 import models
    server, disk = "instance/i-1", "disk/d-1"
    tags = [models.TagResourcesRequestTag(key="k", value="v")]
    return [
        ECS.step("describe_regions", "DescribeRegionsRequest", everywhere("ecs:DescribeRegions")),
        ECS.step("describe_instances", "DescribeInstancesRequest", allow("ecs:DescribeInstances", "ecs", server, "instance/i-2"),
                 (("InstanceIds", '["i-1","i-2"]'),), instance_ids='["i-1","i-2"]', **HERE),
        ECS.step("run_instances", "RunInstancesRequest",
                 allow("ecs:RunInstances", "ecs", "instance/*", "image/m-1", "securitygroup/sg-1") + allow("ecs:RunInstances", "vpc", "vswitch/vsw-1")
                 + allow("ram:PassRole", "ram", "role/runner", region="*"),
                 (("ImageId", "m-1"),), image_id="m-1", security_group_id="sg-1", v_switch_id="vsw-1", ram_role_name="runner", **HERE),
        ECS.step("start_instance", "StartInstanceRequest", allow("ecs:StartInstance", "ecs", server), (("InstanceId", "i-1"),), instance_id="i-1"),
        ECS.step("stop_instance", "StopInstanceRequest", allow("ecs:StopInstance", "ecs", server), (("InstanceId", "i-1"),), instance_id="i-1"),
        ECS.step("attach_disk", "AttachDiskRequest", allow("ecs:AttachDisk", "ecs", disk, server), (("DiskId", "d-1"),), instance_id="i-1", disk_id="d-1"),
        ECS.step("tag_resources", "TagResourcesRequest", allow("ecs:TagResources", "ecs", disk, "disk/d-2"), (("ResourceId.2", "d-2"), ("Tag.1.Key", "k")),
                 resource_type="disk", resource_id=["d-1", "d-2"], tag=tags, **HERE),
    ]


def vpc():
    return [
        VPC.step("describe_vpcs", "DescribeVpcsRequest", allow("vpc:DescribeVpcs", "vpc", "vpc/*"), **HERE),
        VPC.step("create_vswitch", "CreateVSwitchRequest", allow("vpc:CreateVSwitch", "vpc", "vswitch/*", "vpc/vpc-1"), (("VpcId", "vpc-1"),),
                 vpc_id="vpc-1", cidr_block="10.0.0.0/24", zone_id="z-1", **HERE),
        VPC.step("delete_vswitch", "DeleteVSwitchRequest", allow("vpc:DeleteVSwitch", "vpc", "vswitch/vsw-1"), (("VSwitchId", "vsw-1"),),
                 v_switch_id="vsw-1", **HERE),
        VPC.step("associate_eip_address", "AssociateEipAddressRequest", allow("vpc:AssociateEipAddress", "vpc", "eip/eip-1", "natgateway/ngw-1"),
                 (("InstanceType", "Nat"),), allocation_id="eip-1", instance_id="ngw-1", instance_type="Nat", **HERE),
    ]


def rds():
    base = "dbinstance/rm-1"
    return [
        RDS.step("describe_dbinstances", "DescribeDBInstancesRequest", allow("rds:DescribeDBInstances", "rds", "dbinstance/*"), **HERE),
        RDS.step("describe_dbinstance_attribute", "DescribeDBInstanceAttributeRequest", allow("rds:DescribeDBInstanceAttribute", "rds", base),
                 (("DBInstanceId", "rm-1"),), dbinstance_id="rm-1"),
        RDS.step("create_database", "CreateDatabaseRequest", allow("rds:CreateDatabase", "rds", base), (("DBName", "d"),),
                 dbinstance_id="rm-1", dbname="d", character_set_name="utf8"),
        RDS.step("modify_security_ips", "ModifySecurityIpsRequest", allow("rds:ModifySecurityIps", "rds", base), (("SecurityIps", "10.0.0.1,::1"),),
                 dbinstance_id="rm-1", security_ips="10.0.0.1,::1"),
    ]


def slb():
    balancer, servers = "loadbalancer/lb-1", json.dumps([{"ServerId": "i-1", "Weight": "100"}, {"ServerId": "i-2"}])
    return [
        SLB.step("create_load_balancer", "CreateLoadBalancerRequest", allow("slb:CreateLoadBalancer", "slb", "loadbalancer/*"), **HERE),
        SLB.step("describe_load_balancer_attribute", "DescribeLoadBalancerAttributeRequest", allow("slb:DescribeLoadBalancerAttribute", "slb", balancer),
                 (("LoadBalancerId", "lb-1"),), load_balancer_id="lb-1", **HERE),
        SLB.step("add_backend_servers", "AddBackendServersRequest",
                 allow("slb:AddBackendServers", "slb", balancer) + allow("slb:AddBackendServers", "ecs", "instance/i-1", "instance/i-2"),
                 (("BackendServers", servers),), load_balancer_id="lb-1", backend_servers=servers, **HERE),
        SLB.step("create_load_balancer_tcplistener", "CreateLoadBalancerTCPListenerRequest",
                 allow("slb:CreateLoadBalancerTCPListener", "slb", balancer, "acl/acl-1"), (("AclId", "acl-1"),),
                 load_balancer_id="lb-1", listener_port=80, bandwidth=-1, acl_id="acl-1", acl_status="on", acl_type="white", **HERE),
    ]


def ram():
    def on(action, *resources, **more):
        return allow("ram:" + action, "ram", *resources, region="*", **more)

    return [
        RAM.step("list_users", "ListUsersRequest", on("ListUsers", "user/*")),
        RAM.step("get_user", "GetUserRequest", on("GetUser", "user/dora"), (("UserName", "dora"),), user_name="dora"),
        RAM.step("attach_policy_to_user", "AttachPolicyToUserRequest",
                 on("AttachPolicyToUser", "user/dora") + on("AttachPolicyToUser", "policy/AliyunOSSFullAccess", account="system"),
                 (("PolicyType", "System"),), user_name="dora", policy_name="AliyunOSSFullAccess", policy_type="System"),
        RAM.step("delete_user", "DeleteUserRequest", on("DeleteUser", "user/dora"), (("UserName", "dora"),), user_name="dora"),
    ]


def arms():
    cluster = "prometheus/c-1"
    return [
        ARMS.step("list_prometheus_instances", "ListPrometheusInstancesRequest", allow("arms:ListPrometheusInstances", "arms", "prometheus/*"), **HERE),
        ARMS.step("get_prometheus_instance", "GetPrometheusInstanceRequest", allow("arms:GetPrometheusInstance", "arms", cluster), (("ClusterId", "c-1"),),
                  cluster_id="c-1", **HERE),
        ARMS.step("get_recording_rule", "GetRecordingRuleRequest", allow("arms:GetRecordingRule", "arms", cluster), (("ClusterId", "c-1"),),
                  cluster_id="c-1", **HERE),
        ARMS.step("delete_alert_rule", "DeleteAlertRuleRequest", everywhere("arms:DeleteAlertRule"), (("AlertId", "1"),), alert_id=1),
    ]


def sas():
    return [
        SAS.step("describe_version_config", "DescribeVersionConfigRequest", everywhere("yundun-sas:DescribeVersionConfig")),
        SAS.step("describe_vul_list", "DescribeVulListRequest", everywhere("yundun-sas:DescribeVulList"), (("Type", "cve"),), type="cve"),
        SAS.step("handle_security_events", "HandleSecurityEventsRequest", everywhere("yundun-sas:HandleSecurityEvents"),
                 (("SecurityEventIds.1", "1"),), security_event_ids=["1"], operation_code="ignore"),
    ]


def sts():
    def step(role):
        arn = "acs:ram::%s:role/%s" % (ACCOUNT, role)
        return STS.step("assume_role", "AssumeRoleRequest", allow("sts:AssumeRole", "ram", "role/" + role, region="*"), (("RoleArn", arn),),
                        role_arn=arn, role_session_name="run")

    return [STS.step("get_caller_identity", "", ()), step("worker"), step("runner")]         # whoever has a key may ask who it is


def kms():
    host, key = "kms.%s.aliyuncs.com" % REGION, "key/k-1"

    def step(action, needs, **query):
        params = {"action": action, "version": "2016-01-20", "pathname": "/", "method": "POST", "style": "RPC", "req_body_type": "json"}
        arrival = Arrival("POST", "/", tuple(query.items()), host=host, headers=(("x-acs-action", action),))
        return Step(action, TEA, ACS3, lambda caller: generic(caller, host, params, query), needs, (arrival,))

    return [
        step("ListKeys", allow("kms:ListKeys", "kms", "key")),
        step("DescribeKey", allow("kms:DescribeKey", "kms", key), KeyId="k-1"),
        step("Encrypt", allow("kms:Encrypt", "kms", key), KeyId="k-1", Plaintext="aGVsbG8="),
        step("CreateAlias", allow("kms:CreateAlias", "kms", "alias/team/a", key), AliasName="alias/team/a", KeyId="k-1"),
    ]


# ------------------------------------------------------------------ paths
def fc():
    from alibabacloud_fc20230330 import models
    from alibabacloud_fc20230330.client import Client
    host, role = "fcv3.%s.aliyuncs.com" % REGION, "acs:ram::%s:role/runner" % ACCOUNT

    def step(name, needs, method, path, call, **more):
        return Step(name, TEA, ACS3, lambda caller: call(Client(config(caller, host))), needs, (Arrival(method, FC_PATH + path, host=host, **more),))

    def on(action, *resources):
        return allow("fc:" + action, "fc", *resources)

    made = models.CreateFunctionRequest(body=models.CreateFunctionInput(function_name="f", runtime="python3.12", handler="index.handler", role=role))
    return [
        step("ListFunctions", on("ListFunctions", "functions/*"), "GET", "",
             lambda c: c.list_functions_with_options(models.ListFunctionsRequest(), {}, options())),
        step("GetFunction", on("GetFunction", "functions/f"), "GET", "/f",
             lambda c: c.get_function_with_options("f", models.GetFunctionRequest(), {}, options())),
        step("CreateFunction", on("CreateFunction", "functions/f") + allow("ram:PassRole", "ram", "role/runner", region="*"), "POST", "",
             lambda c: c.create_function_with_options(made, {}, options()), body=lambda body: json.loads(body)["role"] == role),
        step("InvokeFunction", on("InvokeFunction", "functions/f"), "POST", "/f/invocations",
             lambda c: c.invoke_function_with_options("f", models.InvokeFunctionRequest(body=io.BytesIO(b"x")), models.InvokeFunctionHeaders(), options()),
             body=b"x"),
        step("DeleteFunction", on("DeleteFunction", "functions/f"), "DELETE", "/f", lambda c: c.delete_function_with_options("f", {}, options())),
    ]


def sls():
    def step(name, action, resource, method, path, call, **more):
        needs = allow("log:" + action, "log", "project/%s/logstore/%s" % (PROJECT, resource))
        return Step(name, LOG, V4, call, needs, (Arrival(method, path, host=LOG_HOST, **more),))

    return [
        step("create", "CreateLogStore", "new-log", "POST", "/logstores", lambda c: log_client(c, V4).create_logstore(PROJECT, "new-log"),
             body=lambda body: json.loads(body)["logstoreName"] == "new-log"),
        step("list", "ListLogStores", "*", "GET", "/logstores", lambda c: list_stores(c, V4)),
        step("put", "PostLogStoreLogs", STORE, "POST", "/logstores/%s/shards/lb" % STORE, lambda c: put_logs(c, V4)),
        step("query", "GetLogStoreLogs", STORE, "POST", "/logstores/%s/logs" % STORE, lambda c: query_logs(c, V4)),
        step("delete", "DeleteLogStore", STORE, "DELETE", "/logstores/" + STORE, lambda c: log_client(c, V4).delete_logstore(PROJECT, STORE)),
    ]


# ------------------------------------------------------------------ the list
TOURS = {"ecs": ecs, "vpc": vpc, "rds": rds, "slb": slb, "ram": ram, "arms": arms, "sas": sas, "sts": sts, "kms": kms, "fc": fc, "sls": sls}
PLANS, CASES = [], []
for _name, _steps in TOURS.items():
    _made = _steps()
    _plan = Plan(_name, _made)
    _denial = LOG_DENIAL if _name == "sls" else TEA_DENIAL
    PLANS.append(_plan)
    CASES += _plan.tours(_name, _made, _denial, _plan.users)
    CASES += _plan.tours("session-" + _name, _made, _denial, {None: _plan.sessions[None]})
