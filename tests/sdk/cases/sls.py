"""Log Service: `aliyun-log-python-sdk` with both signature versions."""
from cases.model import Allowed, Arrival, Reading, Refused, Sdk, need
from cases.refusals import SLS, keys_refused, spoilt
from cases.world import ADMIN, BARRED, SESSION
from gate import REGION

PROJECT, STORE = "sdk-project", "app-log"
ENDPOINT = "%s.log.aliyuncs.com" % REGION
HOST = PROJECT + "." + ENDPOINT
V1, V4 = "SLS-V1", "SLS-V4"


def errors():
    from aliyun.log import LogException
    return LogException


LOG = Sdk("aliyun-log-python-sdk", errors, lambda error: Reading(error.get_error_code(), error.resp_status, error.get_request_id(),
                                                                    kind=type(error).__name__))


def client(caller, version):
    from aliyun.log import LogClient
    from aliyun.log.auth import AUTH_VERSION_1, AUTH_VERSION_4
    return LogClient("http://" + ENDPOINT, caller.key, caller.secret, caller.token or None, source="10.0.0.1", region=REGION,
                     auth_version={V1: AUTH_VERSION_1, V4: AUTH_VERSION_4}[version])


def put(caller, version):
    from aliyun.log import LogItem, PutLogsRequest
    item = LogItem(timestamp=1700000000, contents=[("k", "v 值")])
    client(caller, version).put_logs(PutLogsRequest(PROJECT, STORE, "topic", "10.0.0.1", [item], compress=True))


def stores(caller, version):
    from aliyun.log import ListLogstoresRequest
    need(client(caller, version).list_logstores(ListLogstoresRequest(PROJECT)).get_logstores() == [STORE], "got other stores")


def query(caller, version):
    answer = client(caller, version).get_log(PROJECT, STORE, 1700000000, 1700000600, query='k: "a b" and 值', size=10)
    need(answer.get_count() == 1, "got %d logs" % answer.get_count())


def split(caller, version):
    client(caller, version).split_shard(PROJECT, STORE, 0, "ef" + "0" * 30)


# The logs themselves are compressed; that the body is the one that was signed is what matters.
PUT = (Arrival("POST", "/logstores/app-log/shards/lb", host=HOST, body=lambda body: len(body) > 20),)
STORES = (Arrival("GET", "/logstores", host=HOST),)
QUERY = (Arrival("POST", "/logstores/app-log/logs", host=HOST, body=lambda body: rb'"query": "k: \"a b\"' in body),)
SPLIT = (Arrival("POST", "/logstores/app-log/shards/0", (("action", "split"), ("key", "ef" + "0" * 30)), host=HOST),)
POSITIVE, NEGATIVE = [], []
for _version in (V1, V4):
    def _call(function, version=_version):
        return lambda caller: function(caller, version)
    _name = "sls-" + _version[-2:].lower()
    POSITIVE += [
        Allowed(_name + "-put", LOG, _version, _call(put), ADMIN, PUT),
        Allowed(_name + "-list", LOG, _version, _call(stores), ADMIN, STORES),
        Allowed(_name + "-query", LOG, _version, _call(query), ADMIN, QUERY),
        Allowed(_name + "-split", LOG, _version, _call(split), ADMIN, SPLIT),
        Allowed("session-%s-put" % _name, LOG, _version, _call(put), SESSION, PUT),
    ]
    NEGATIVE += keys_refused(SLS, _name + "-put", LOG, _version, _call(put)) + keys_refused(SLS, _name + "-list", LOG, _version, _call(stores))
    NEGATIVE += spoilt(SLS, _name + "-put", LOG, _version, _call(put), query="Injected=1", body=b" ", change=("x-log-bodyrawsize", "1"))
    NEGATIVE += spoilt(SLS, _name + "-list", LOG, _version, _call(stores), query="Injected=1")
    NEGATIVE.append(Refused("explicit-deny-" + _name, LOG, _version, _call(stores), BARRED, expect=SLS.no_permission))
