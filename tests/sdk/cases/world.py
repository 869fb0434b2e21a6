"""Who calls in these cases, and what they may do."""
from dataclasses import dataclass, field

from gate import ACCOUNT, REGION


@dataclass(frozen=True)
class Caller:
    owner: str                        # a user, or a role for a session
    key: str
    secret: str = field(repr=False)
    status: str = "Active"
    token: str = field(default="", repr=False)

    @property
    def arn(self):
        return "acs:ram::%s:%s" % (ACCOUNT, "assumed-role/%s/sdk-run" % self.owner if self.token else "user/" + self.owner)


ADMIN = Caller("admin", "LTAI5tSdkRunAdmin0000001", "runAdminSecret0123456789abcdef")
ADMIN_OFF = Caller("admin", "LTAI5tSdkRunAdmin0000002", "runAdminOther0123456789abcdefg", "Inactive")
ADMIN_REVOKED = Caller("deputy", "LTAI5tSdkRunAdmin0000003", "runAdminThird0123456789abcdefg")
NOBODY = Caller("nobody", "LTAI5tSdkRunNobody000001", "runNobodySecret0123456789abcde")
TEAM = Caller("team", "LTAI5tSdkRunTeam00000001", "runTeamSecret0123456789abcdefg")
BARRED = Caller("barred", "LTAI5tSdkRunBarred000001", "runBarredSecret0123456789abcde")
STRANGER = Caller("admin", "LTAI5tSdkRunStranger0001", ADMIN.secret)          # in no file
# Real tokens are base64 with every character that an encoder can get wrong.
SESSION = Caller("worker", "STS.NSdkRunWorker0000001", "runWorkerSecret0123456789abcde",
                 token="CAISrunToken/0123456789+abcdefghijklmnopqrstuvwxyz/ABCDEFGH+IJKLMN==")
USERS = [ADMIN, ADMIN_OFF, ADMIN_REVOKED, NOBODY, TEAM, BARRED]
CALLERS = USERS + [SESSION]


def guessing(caller):
    return Caller(caller.owner, caller.key, "thisIsNotTheSecret000000000000", token=caller.token)


def with_other_token(caller):
    return Caller(caller.owner, caller.key, caller.secret, token=caller.token.replace("run", "not"))


WORLD = {
    "users": [
        {"name": "admin", "id": "200000000000000001", "policies": {"system": ["AdministratorAccess"]}},
        {"name": "deputy", "id": "200000000000000009", "policies": {"system": ["AdministratorAccess"]}},
        {"name": "nobody", "id": "200000000000000002"},
        {"name": "team", "id": "200000000000000003", "policies": {"custom": ["team-instances"]}},
        {"name": "barred", "id": "200000000000000004", "groups": ["barred"], "policies": {"system": ["AdministratorAccess"]}},
    ],
    "groups": [{"name": "barred", "policies": {"custom": ["no-reading"]}}],
    "roles": [
        {"name": "worker", "id": "300000000000000001", "trust": "worker", "policies": {"system": ["AdministratorAccess"]}},
        {"name": "runner", "id": "300000000000000002", "trust": "worker"},
    ],
    "keys": [{"id": c.key, "user": c.owner, "secret": c.secret, "status": c.status} for c in USERS],
    "sessions": [{"id": SESSION.key, "secret": SESSION.secret, "token": SESSION.token, "role": SESSION.owner, "name": "sdk-run",
                  "expires": "2099-01-01T00:00:00Z"}],
    "trust": {"worker": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": "acs:ram::%s:root" % ACCOUNT}}]},
    "policies": {
        "team-instances": [
            {"Effect": "Allow", "Action": "ecs:DescribeInstances", "Resource": "acs:ecs:%s:%s:instance/i-team-*" % (REGION, ACCOUNT)},
            {"Effect": "Allow", "Action": ["oss:GetObject", "oss:PutObject"], "Resource": "acs:oss:*:%s:sdk-bucket/team 队/*" % ACCOUNT}],
        "no-reading": [{"Effect": "Deny", "Action": ["ecs:Describe*", "fc:List*", "oss:List*", "log:List*", "ots:List*"], "Resource": "*"}],
    },
    "revoked_keys": [ADMIN_REVOKED.key],
}
