"""Makes what ../sts.py asks for with the Python SDKs: a JSON line in says what, a JSON line out says what came of it.

A provider stays alive between lines, as it does in a program, with whatever it has cached.
"""
import json
import logging
import os
import sys

import names
from cases.bucket import BODY, BUCKET
from gate import REGION

ECS = "ecs.%s.aliyuncs.com" % REGION
STS = "sts.%s.aliyuncs.com" % REGION
OSS = "https://oss-%s.aliyuncs.com" % REGION
KEY = "python.txt"
providers = {}


def runtime():
    from darabonba.runtime import RuntimeOptions
    return RuntimeOptions(autoretry=False, max_attempts=1, connect_timeout=5000, read_timeout=10000)


def config(endpoint, **credentials):
    from alibabacloud_tea_openapi.models import Config
    return Config(endpoint=endpoint, region_id=REGION, protocol="https", **credentials)


# ------------------------------------------------------------------ credentials
def provider(name, config=None):
    """A provider of these settings; the default chain without any."""
    from alibabacloud_credentials.client import Client
    from alibabacloud_credentials.models import Config
    providers[name] = Client(Config(**config) if config else None)
    return who(name)


def who(name):
    found = providers[name].get_credential()
    return {"id": found.access_key_id, "provider": found.provider_name or found.type}


def assume(key, secret, **parameters):
    """`AssumeRole` of the STS SDK."""
    from alibabacloud_sts20150401 import models
    from alibabacloud_sts20150401.client import Client
    request = models.AssumeRoleRequest(**parameters)
    answer = Client(config(STS, access_key_id=key, access_key_secret=secret)).assume_role_with_options(request, runtime()).body
    found = answer.credentials
    return {"id": found.access_key_id, "secret": found.access_key_secret, "token": found.security_token, "arn": answer.assumed_role_user.arn}


# ------------------------------------------------------------------ services
def ecs(credential):
    from alibabacloud_tea_openapi.client import Client
    from alibabacloud_tea_openapi.models import OpenApiRequest, Params
    params = Params(action="DescribeInstances", version="2014-05-26", pathname="/", method="POST", style="RPC", protocol="HTTPS", auth_type="AK",
                    req_body_type="json", body_type="json")
    Client(config(ECS, credential=credential)).call_api(params, OpenApiRequest(query={"RegionId": REGION}), runtime())


def sts(credential):
    from alibabacloud_sts20150401.client import Client
    return Client(config(STS, credential=credential)).get_caller_identity_with_options(runtime()).body.arn


def oss2(credential):
    import oss2 as sdk
    found = credential.get_credential()
    auth = sdk.StsAuth(found.access_key_id, found.access_key_secret, found.security_token, auth_version=sdk.AUTH_VERSION_4)
    sdk.Bucket(auth, OSS, BUCKET, enable_crc=False, region=REGION).put_object(KEY, BODY)


def oss_v2(credential):
    import alibabacloud_oss_v2 as sdk

    def current():
        found = credential.get_credential()
        return sdk.credentials.Credentials(found.access_key_id, found.access_key_secret, found.security_token)
    settings = sdk.config.load_default()
    settings.credentials_provider = sdk.credentials.CredentialsProviderFunc(current)
    settings.region, settings.endpoint, settings.retry_max_attempts = REGION, OSS, 1
    sdk.Client(settings).put_object(sdk.PutObjectRequest(bucket=BUCKET, key=KEY, body=BODY))


SERVICES = {"ecs": ecs, "sts": sts, "oss2": oss2, "oss-v2": oss_v2}


def use(name, service):
    return SERVICES[service](providers[name])


# ------------------------------------------------------------------ the worker
def described(error):
    inner = error.unwrap() if hasattr(error, "unwrap") else error
    return {"class": type(inner).__name__, "code": str(getattr(inner, "code", "")), "message": str(error)[:500],
            "status": getattr(inner, "status_code", getattr(inner, "status", None))}


def answer(line):
    asked = json.loads(line)
    call = {"provider": provider, "who": who, "assume": assume, "use": use}[asked.pop("do")]
    try:
        return {"value": call(**asked)}
    except Exception as error:
        return {"error": described(error)}


def load():
    """What takes a while; while others start too."""
    import alibabacloud_credentials.client
    import alibabacloud_sts20150401.client
    import alibabacloud_tea_openapi.client
    import oss2 as _


def main():
    logging.disable(logging.CRITICAL)
    load()
    names.lead_to(int(os.environ["RELAY_PORT"]), int(os.environ["METADATA_PORT"]))
    for line in sys.stdin:
        print(json.dumps(answer(line)), flush=True)


if __name__ == "__main__":
    main()
