"""What a case is: a call of an SDK, and what has to come of it at the upstream or at the SDK."""
import urllib.parse
from dataclasses import dataclass, field
from typing import Callable, Optional, Union

import relay
from upstream import Refusing

CREDENTIAL_PARAMETERS = ("accesskeyid", "ossaccesskeyid", "securitytoken", "security-token", "x-oss-security-token", "x-oss-credential",
                         "x-oss-access-key-id", "signature", "signaturemethod", "signaturenonce", "signatureversion", "signaturetype",
                         "x-oss-signature", "x-oss-signature-version")
CREDENTIAL_HEADERS = ("authorization", "security-token", "x-acs-security-token", "x-acs-accesskey-id", "x-oss-security-token",
                      "x-fc-security-token", "x-ots-ststoken", "x-ots-accesskeyid", "x-ots-signature", "x-ots-signaturev4")


class Failed(Exception):
    """A case did not end as it has to."""


def need(condition, what):
    if not condition:
        raise Failed(what)


@dataclass(frozen=True)
class Reading:
    """What a program learns from the error that its SDK raised. None: this SDK does not say."""
    code: str
    status: Optional[int]
    request: Optional[str]
    detail: dict = field(default_factory=dict)
    kind: str = ""                    # the class or the name of the error


@dataclass(frozen=True)
class Sdk:
    """A client under test. `errors` gives the exceptions of its own, `read` what they say."""
    name: str
    errors: Callable
    read: Callable


@dataclass(frozen=True)
class Refusal:
    """What the real service says: one of these codes with one of these statuses."""
    codes: tuple
    statuses: tuple

    def __or__(self, other):
        return Refusal(self.codes + other.codes, self.statuses + other.statuses)


@dataclass(frozen=True)
class Arrival:
    """One request as the upstream has to get it. Only what is named is compared: decoded, but for `raw`."""
    method: str
    path: str = "/"
    pairs: tuple = ()                               # (name, value), in the query or in the form
    body: Union[bytes, Callable, None] = None       # the bytes, or what must be true of them
    host: str = ""
    headers: tuple = ()
    raw: str = ""                                   # the path as it stands

    def differences(self, seen):
        found = []
        if seen.method != self.method or (seen.path != self.raw if self.raw else urllib.parse.unquote(seen.path) != self.path):
            found.append("%s %s instead of %s %s" % (seen.method, seen.target, self.method, self.raw or self.path))
        if self.host and seen.values("host") != [self.host]:
            found.append("Host %s" % seen.values("host"))
        found += ["missing parameter %s=%s" % item for item in self.pairs if item not in seen.query + seen.form]
        found += ["missing header %s: %s" % item for item in self.headers
                  if item[1] not in map(urllib.parse.unquote, seen.values(item[0]))]
        if self.body is not None and not (self.body(seen.body) if callable(self.body) else seen.body == self.body):
            found.append("body %r" % seen.body[:200])
        return found


@dataclass(frozen=True)
class Case:
    name: str
    sdk: Sdk
    scheme: str
    call: Callable
    caller: object


@dataclass(frozen=True)
class Allowed(Case):
    """The call goes through: the upstream gets what the SDK meant, from whom, and nothing that was secret."""
    arrives: tuple = ()
    spoil: Callable = relay.untouched

    def run(self, way, upstream, through_gate=True):
        try:
            with way.spoiling(self.spoil):
                self.call(self.caller)
        finally:
            seen = upstream.take()
        need(len(seen) == len(self.arrives), "%d requests at the upstream instead of %d" % (len(seen), len(self.arrives)))
        for got, arrival in zip(seen, self.arrives):
            differences = arrival.differences(got)
            need(not differences, "changed on the way: " + "; ".join(differences))
            self.check_treatment(got, through_gate)
        return "%d arrived" % len(seen)

    def check_treatment(self, seen, through_gate):
        complaints = [credentials_in(seen, self.caller), identity_missing(seen, self.caller)]
        if through_gate:
            need(not any(complaints), "; ".join(filter(None, complaints)))
        else:
            need(all(complaints), "the checks found nothing wrong in a request that no gate had treated")

    def without_gate(self, way, upstream):
        """Does the call work, and do the checks see that no gate was there?"""
        return self.run(way, upstream, through_gate=False) + ", and the checks see that no gate was there"


@dataclass(frozen=True)
class Refused(Case):
    """The call fails, and the SDK raises the error of its own with what the real service would say."""
    expect: Refusal = None
    spoil: Callable = relay.untouched
    detail: tuple = ()                # (field, value) of AccessDeniedDetail, as the SDK reports it
    kind: str = ""                    # the error that the SDK has for it
    reaches: int = 0                  # how many requests may have reached the upstream

    def run(self, way, upstream):
        try:
            with way.spoiling(self.spoil):
                self.call(self.caller)
        except self.sdk.errors() as error:
            reading = self.sdk.read(error)
            self.check_reading(reading, way.statuses[-1] if way.statuses else None, error)
        except Failed as error:                        # an answer, if another one than the program wanted
            raise Failed("accepted") from error
        except Exception as error:
            raise Failed("%s raised %s instead of an error of its own: %s" % (self.sdk.name, type(error).__name__, error)) from error
        else:
            raise Failed("accepted")
        finally:
            seen = upstream.take()
        need(len(seen) == self.reaches, "%d requests reached the upstream instead of %d" % (len(seen), self.reaches))
        return "%s (HTTP %s)" % (reading.code, way.statuses[-1])

    def check_reading(self, reading, status, error):
        wanted = "%s with %s" % (" or ".join(self.expect.codes), " or ".join(map(str, self.expect.statuses)))
        said = "%s with %s: %s" % (reading.code, status, error)
        need(reading.code in self.expect.codes and status in self.expect.statuses, "wanted %s, the SDK reports %s" % (wanted, said))
        need(reading.status in (None, status), "the answer had status %s, the SDK reports %s" % (status, reading.status))
        need(self.kind in ("", reading.kind), "the SDK raised %s, not %s" % (reading.kind, self.kind))
        need(reading.request is None or len(reading.request) >= 16, "no request id for the user: %r" % reading.request)
        wrong = [(name, value, reading.detail.get(name)) for name, value in self.detail if reading.detail.get(name) != value]
        need(not wrong, "AccessDeniedDetail: " + ", ".join("%s should be %r, is %r" % item for item in wrong))

    def refused_by_stub(self, way, upstream):
        """The same, with an upstream that refuses as the service would: can this SDK read it, and does the case see it?"""
        upstream.refuse(Refusing(self.expect.codes[0], self.expect.statuses[0], dict(self.detail), after=self.reaches))
        try:
            return self.run(way, upstream)
        finally:
            upstream.refuse(None)

    def without_gate(self, way, upstream):
        """Can the SDK read the refusal, and does the case fail when the call is accepted?"""
        read = self.refused_by_stub(way, upstream)
        try:
            self.run(way, upstream)
        except Failed as failure:
            if str(failure) == "accepted":
                return "reads %s, and fails when accepted" % read
            raise
        raise Failed("passed without a gate")


# ------------------------------------------------------------------ what the upstream must and must not be told
def credentials_in(seen, caller):
    """How the call was signed, and with what: nothing of it may arrive."""
    names = [name for name, _ in seen.query + seen.form if name.lower() in CREDENTIAL_PARAMETERS]
    names += [name for name, _ in seen.headers if name.lower() in CREDENTIAL_HEADERS or name.lower().startswith("x-acs-signature")]
    others = [value for name, value in seen.headers if not name.lower().startswith("x-ramgate-")]
    text = "\n".join([seen.target, seen.body.decode(errors="replace")] + others)
    text += urllib.parse.unquote(text)
    found = ["the upstream got %s" % ", ".join(names)] if names else []
    found += ["the upstream got the %s" % what for what, value in (("AccessKeyId", caller.key), ("token", caller.token)) if value and value in text]
    return "; ".join(found)


def identity_missing(seen, caller):
    principals = seen.values("x-ramgate-principal")
    return "" if principals == [caller.arn] else "x-ramgate-principal is %r, not %s" % (principals, caller.arn)
