"""Table Store: `tablestore` with both signature versions. This SDK verifies the answers too."""
from cases.model import Allowed, Arrival, Reading, Refused, Sdk, need
from cases.refusals import OTS, keys_refused, spoilt
from cases.world import ADMIN, BARRED, SESSION
from gate import REGION

INSTANCE = "sdk-inst"
HOST = "%s.%s.ots.aliyuncs.com" % (INSTANCE, REGION)
V2, V4 = "OTS-V2", "OTS-V4"


def errors():
    import tablestore
    return tablestore.OTSServiceError


TABLE_STORE = Sdk("tablestore", errors, lambda error: Reading(error.code, error.http_status, error.request_id))


def client(caller, version):
    import tablestore
    extra = {"region": REGION} if version == V4 else {}
    return tablestore.OTSClient("http://" + HOST, caller.key, caller.secret, INSTANCE, sts_token=caller.token or None,
                                retry_policy=tablestore.NoRetryPolicy(), **extra)


def tables(caller, version):
    need(list(client(caller, version).list_table()) == ["orders"], "got other tables")


def drop(caller, version):
    client(caller, version).delete_table("订单 orders")


TABLES = (Arrival("POST", "/ListTable", host=HOST, headers=(("x-ots-instancename", INSTANCE),)),)
DROP = (Arrival("POST", "/DeleteTable", host=HOST, body=lambda body: "订单 orders".encode() in body),)
POSITIVE, NEGATIVE = [], []
for _version in (V2, V4):
    def _call(function, version=_version):
        return lambda caller: function(caller, version)
    _name = "ots-" + _version[-2:].lower()
    POSITIVE += [
        Allowed(_name + "-list", TABLE_STORE, _version, _call(tables), ADMIN, TABLES),
        Allowed(_name + "-drop", TABLE_STORE, _version, _call(drop), ADMIN, DROP),
        Allowed("session-%s-list" % _name, TABLE_STORE, _version, _call(tables), SESSION, TABLES),
    ]
    NEGATIVE += keys_refused(OTS, _name + "-list", TABLE_STORE, _version, _call(tables))
    NEGATIVE += spoilt(OTS, _name + "-list", TABLE_STORE, _version, _call(tables), query="Injected=1", change=("x-ots-apiversion", "2014-08-08"))
    NEGATIVE += spoilt(OTS, _name + "-drop", TABLE_STORE, _version, _call(drop), body=b" ", header=False)
    NEGATIVE.append(Refused("explicit-deny-" + _name, TABLE_STORE, _version, _call(tables), BARRED, expect=OTS.no_permission))
