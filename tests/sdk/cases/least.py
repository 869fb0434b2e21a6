"""Least privilege: whole tours of a client by callers who may do exactly what the tour needs, or that less one permission.

Each tour is a case for each caller. A step that needs what its caller lacks has to be refused with the error of the SDK, and
nothing of it may arrive; every other step has to pass.
"""
import hashlib
from dataclasses import dataclass
from typing import Callable, Optional

from cases.model import Allowed, Failed, Refusal, Refused, Sdk
from cases.world import Caller


@dataclass(frozen=True)
class Permission:
    """One action on one resource."""
    action: str
    resource: str

    @property
    def statement(self):
        return {"Effect": "Allow", "Action": self.action, "Resource": self.resource}


@dataclass(frozen=True)
class Step:
    """One call, the permissions that it needs, and what arrives for it."""
    name: str
    sdk: Sdk
    scheme: str
    call: Callable
    needs: tuple
    arrives: tuple


@dataclass(frozen=True)
class Denial:
    """How the client tells that a permission is missing: what the service says, the error's name, and the detail that names the action."""
    says: Refusal
    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Tour:
    """The steps of one client, made by one caller."""
    name: str
    sdk: Sdk
    scheme: str
    caller: Caller
    lacks: Optional[Permission]
    parts: tuple

    def run(self, way, upstream):
        for part in self.parts:
            self.attempt(part, lambda: part.run(way, upstream))
        return "%d of %d calls refused" % (self.refused(), len(self.parts))

    def without_gate(self, way, upstream):
        """What a complete tour shows of the allowed steps need not be shown again."""
        for part in self.parts:
            if not self.lacks or isinstance(part, Refused):
                self.attempt(part, lambda: part.without_gate(way, upstream))
        return "%d steps" % len(self.parts)

    def refused(self):
        return sum(isinstance(part, Refused) for part in self.parts)

    def attempt(self, part, run):
        try:
            run()
        except Exception as error:
            raise Failed("%s: %s: %s" % (part.name, type(error).__name__, error)) from error


# ------------------------------------------------------------------ callers
def caller_of(plan, lacks, token=""):
    """A user, or with a token a role, whose key nobody else has."""
    name = "%s-%s" % (plan, "all" if lacks is None else "without-%02d" % lacks)
    mark = hashlib.sha256((name + token).encode()).hexdigest()
    key = ("STS.N" if token else "LTAI5t") + mark[:18]
    return Caller(name, key, "least" + mark[18:44], token=token and "CAIS" + token + mark)


class Plan:
    """The permissions of a tour: one caller with all of them, and one for each that is missing."""

    def __init__(self, name, steps):
        self.name = name
        self.permissions = list(dict.fromkeys(permission for step in steps for permission in step.needs))
        lacking = [None] + list(range(len(self.permissions)))
        self.users = {index: caller_of(name, index) for index in lacking}
        self.sessions = {index: caller_of(name, index, "least") for index in lacking}

    def policy(self, lacks):
        return [permission.statement for index, permission in enumerate(self.permissions) if index != lacks]

    def tours(self, client, steps, denial, callers):
        """A case for each caller; `client` names the tour."""
        found = {permission for step in steps for permission in step.needs}
        for index, caller in callers.items():
            lacks = None if index is None else self.permissions[index]
            if lacks and lacks not in found:
                continue                                # another client's
            what = "all" if lacks is None else "without-%s-on-%s" % (lacks.action, short(lacks.resource))
            parts = tuple(part(step, caller, lacks, denial) for step in steps)
            yield Tour("least-%s-%s" % (client, what), steps[0].sdk, steps[0].scheme, caller, lacks, parts)


def short(resource):
    """The end of an ARN, as far as it fits into the name of a case."""
    return resource.split(":", 4)[-1].replace(" ", "_")


def part(step, caller, lacks, denial):
    if lacks not in step.needs:
        return Allowed(step.name, step.sdk, step.scheme, step.call, caller, step.arrives)
    detail = ((denial.detail, lacks.action),) if denial.detail else ()
    kind = denial.kind if step.sdk.name != "plain HTTP" else ""
    return Refused(step.name, step.sdk, step.scheme, step.call, caller, expect=denial.says, detail=detail, kind=kind)


# ------------------------------------------------------------------ the callers in the world
def joined(world, plans):
    """The world, and in it the callers of these plans."""
    more = {name: (dict if isinstance(entries, dict) else list)(entries) for name, entries in world.items()}
    for number, (plan, index) in enumerate((plan, index) for plan in plans for index in plan.users):
        user, session = plan.users[index], plan.sessions[index]
        attached = {"policies": {"custom": [user.owner]}}
        more["policies"][user.owner] = plan.policy(index)
        more["users"].append({"name": user.owner, "id": "20000000000001%04d" % number, **attached})
        more["roles"].append({"name": session.owner, "id": "30000000000001%04d" % number, "trust": "worker", **attached})
        more["keys"].append({"id": user.key, "user": user.owner, "secret": user.secret})
        more["sessions"].append({"id": session.key, "secret": session.secret, "token": session.token, "role": session.owner, "name": "sdk-run",
                                 "expires": "2099-01-01T00:00:00Z"})
    return more


def callers(plans):
    return [caller for plan in plans for caller in list(plan.users.values()) + list(plan.sessions.values())]
