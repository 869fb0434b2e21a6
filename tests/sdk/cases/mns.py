"""Message Service: `aliyun-mns-sdk`."""
import base64

import answers
from cases.model import Allowed, Arrival, Reading, Sdk, need
from cases.refusals import MNS, keys_refused, spoilt
from cases.world import ADMIN, SESSION
from gate import ACCOUNT, REGION

HOST = "%s.mns.%s.aliyuncs.com" % (ACCOUNT, REGION)
SCHEME = "MNS-HMAC-SHA1"
TEXT = "hello 世界"


def errors():
    from mns.mns_exception import MNSServerException
    return MNSServerException


MESSAGES = Sdk("aliyun-mns-sdk", errors, lambda error: Reading(error.type, None, error.request_id))


def queue(caller):
    from mns.account import Account
    return Account("http://" + HOST, caller.key, caller.secret, caller.token).get_queue("q1")


def send(caller):
    from mns.queue import Message
    queue(caller).send_message(Message(TEXT))


def receive(caller):
    need(queue(caller).receive_message(1).message_body == answers.OBJECT, "got another message")


SENT = (Arrival("POST", "/queues/q1/messages", host=HOST, body=lambda body: base64.b64encode(TEXT.encode()) in body),)
RECEIVED = (Arrival("GET", "/queues/q1/messages", (("waitseconds", "1"),), host=HOST),)
POSITIVE = [
    Allowed("mns-send", MESSAGES, SCHEME, send, ADMIN, SENT),
    Allowed("mns-receive", MESSAGES, SCHEME, receive, ADMIN, RECEIVED),
    Allowed("session-mns-send", MESSAGES, SCHEME, send, SESSION, SENT),
]
NEGATIVE = keys_refused(MNS, "mns-send", MESSAGES, SCHEME, send) + keys_refused(MNS, "mns-receive", MESSAGES, SCHEME, receive)
NEGATIVE += spoilt(MNS, "mns-send", MESSAGES, SCHEME, send, query="injected=1", body=b" ", change=("x-mns-version", "2015-06-07"))
