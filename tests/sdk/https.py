"""SDKs over https, against the encrypted listener with a certificate of `ramgate dev-cert`: each calls with the authority in
its environment, and must refuse to call without it. See https.sh."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import cases
import names
from cases import openapi, oss2_client
from cases.bucket import BODY, BUCKET, KEY, V4
from cases.world import ADMIN, NOBODY
from gate import REGION, Gate, free_port, write_bundle
from upstream import Upstream

HERE = pathlib.Path(__file__).parent
STS = "sts.%s.aliyuncs.com" % REGION
HOSTS = (openapi.ECS, STS, "sts.aliyuncs.com", "%s.oss-%s.aliyuncs.com" % (BUCKET, REGION))
TRUST = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "ALIBABA_CLOUD_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


# ------------------------------------------------------------------ the calls, in a process of their own
def config(caller, host):
    made = openapi.config(caller, host)
    made.protocol = "https"
    return made


def instances(caller):
    from alibabacloud_ecs20140526 import models
    from alibabacloud_ecs20140526.client import Client
    request = models.DescribeInstancesRequest(region_id=REGION, instance_ids='["i-1"]')
    Client(config(caller, openapi.ECS)).describe_instances_with_options(request, openapi.options())


def identity(caller):
    from alibabacloud_sts20150401.client import Client
    Client(config(caller, STS)).get_caller_identity_with_options(openapi.options())


def classic(caller):
    from aliyunsdkcore.client import AcsClient
    from aliyunsdkecs.request.v20140526.DescribeInstancesRequest import DescribeInstancesRequest
    request = DescribeInstancesRequest()
    request.set_protocol_type("https")
    request.set_endpoint(openapi.ECS)
    AcsClient(caller.key, caller.secret, REGION, auto_retry=False).do_action_with_exception(request)


def put(caller):
    import oss2
    place = "https://oss-%s.aliyuncs.com" % REGION
    oss2.Bucket(oss2_client.auth(caller, V4), place, BUCKET, enable_crc=False, region=REGION).put_object(KEY, BODY)


def node(caller):
    done = subprocess.run([os.environ["NODE"], "--require", "./names.js", "https.js"], cwd=HERE / "node", text=True, capture_output=True,
                          env=dict(os.environ, REGION=REGION, KEY=caller.key, SECRET=caller.secret))
    if done.returncode:
        raise RuntimeError(done.stderr.strip())


CALLS = {"tea-ecs": instances, "tea-sts": identity, "core-ecs": classic, "oss2-put": put, "node-ecs": node}
FOR_ANYBODY = ("tea-sts",)          # asking who one is takes no permission


def call_all(port):
    names.lead_to(port)
    os.environ["RELAY_PORT"] = str(port)
    for name, call in CALLS.items():
        for caller in (ADMIN, NOBODY):
            try:
                call(caller)
                said = ""
            except Exception as error:
                said = "%s: %s" % (type(error).__name__, error)
            print(json.dumps([name, caller.owner, said]), flush=True)


# ------------------------------------------------------------------ what must come of them
def problem(name, trusting, owner, said):
    """Why this is not as it must be, or nothing."""
    if not trusting:
        return "" if "certificate" in said.lower() else "called a server that it does not trust: %s" % (said or "no error")
    refused = any(word in said for word in ("NoPermission", "AccessDenied", "Forbidden"))
    if owner == NOBODY.owner and name not in FOR_ANYBODY:
        return "" if refused else "not refused: %s" % (said or "no error")
    return said


def run(port, trusting, authority):
    environment = {name: value for name, value in os.environ.items() if name not in TRUST}
    if trusting:
        environment.update(dict.fromkeys(TRUST, str(authority)))
    done = subprocess.run([sys.executable, __file__, "--call", str(port)], env=environment, stdout=subprocess.PIPE, text=True)
    results = []
    for line in done.stdout.splitlines():
        name, owner, said = json.loads(line)
        wrong = problem(name, trusting, owner, said)
        results.append(not wrong)
        print("%s %s as %s, %s %s" % ("FAIL" if wrong else "ok  ", name, owner, "trusting" if trusting else "not trusting", wrong[:500]))
    return results if len(results) == 2 * len(CALLS) else [*results, False]


def main(binary):
    upstream = Upstream()
    with tempfile.TemporaryDirectory(prefix="ramgate-https-") as folder:
        folder = pathlib.Path(folder)
        _, status = write_bundle(folder, upstream.port, **cases.WORLD)
        hosts = [word for host in HOSTS for word in ("--host", host)]
        subprocess.run([binary, "dev-cert", "--dir", folder / "dev-cert", *hosts], check=True, stdout=subprocess.DEVNULL)
        port, file = free_port(), folder / "ramgate.yaml"
        tls = "listen: { tls: { address: 127.0.0.1:%d, certificate: dev-cert/server.pem, key: dev-cert/server.key }," % port
        file.write_text(file.read_text().replace("listen: {", tls))
        with Gate(binary, folder, status):
            results = run(port, True, folder / "dev-cert" / "ca.pem")
            arrived = len([seen for seen in upstream.take() if seen.values("host") != [STS]])
            results += run(port, False, None)
            wanted = len(CALLS) - len(FOR_ANYBODY)
            results.append(arrived == wanted and not upstream.take())
    print("%d of %d calls of services arrived" % (arrived, wanted))
    print("%d passed, %d failed" % (results.count(True), results.count(False)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(call_all(int(sys.argv[2])) if sys.argv[1] == "--call" else main(sys.argv[1]))
