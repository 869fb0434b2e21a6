"""What each kind of service says to a caller whom it refuses, and the ways to spoil a call. Programs branch on these codes.

Several codes: the real service has been seen with each, or an SDK reads one as the other.
"""
from dataclasses import dataclass

import relay
from cases.model import Refusal, Refused
from cases.world import ADMIN, ADMIN_OFF, NOBODY, SESSION, STRANGER, guessing, with_other_token


@dataclass(frozen=True)
class Family:
    """The refusals of one kind of service."""
    mismatch: Refusal
    unknown_key: Refusal
    inactive_key: Refusal
    no_permission: Refusal
    other_token: Refusal
    digest: Refusal                   # what a changed body can also be called
    unsigned: Refusal                 # what an added header can also be called
    header: str                       # one that has to be signed and means nothing


NONE = Refusal((), ())
OPENAPI = Family(
    # The second code is the classic SDK's reading of the first.
    mismatch=Refusal(("SignatureDoesNotMatch", "InvalidAccessKeySecret"), (400,)),
    unknown_key=Refusal(("InvalidAccessKeyId.NotFound",), (404,)),
    inactive_key=Refusal(("InvalidAccessKeyId.Inactive",), (400,)),
    no_permission=Refusal(("NoPermission", "Forbidden.RAM", "Forbidden"), (403,)),
    other_token=Refusal(("InvalidSecurityToken.MismatchWithAccessKey", "InvalidSecurityToken.Malformed"), (400,)),
    digest=Refusal(("InvalidParameter", "ContentMD5NotMatched"), ()),
    unsigned=Refusal(("IncompleteSignature",), ()),
    header="x-acs-injected")
NONCE_USED = Refusal(("SignatureNonceUsed",), (400,))
OSS = Family(
    mismatch=Refusal(("SignatureDoesNotMatch",), (403,)),
    unknown_key=Refusal(("InvalidAccessKeyId",), (403,)),
    inactive_key=Refusal(("InvalidAccessKeyId",), (403,)),
    no_permission=Refusal(("AccessDenied",), (403,)),
    other_token=Refusal(("InvalidSecurityToken", "AccessKeyIdAndSecurityTokenNotMatch"), (403,)),
    digest=Refusal(("InvalidDigest",), (400,)),
    unsigned=NONE,
    header="x-oss-meta-injected")
OSS_EXPIRED = Refusal(("AccessDenied",), (403,))
SLS = Family(
    mismatch=Refusal(("SignatureNotMatch",), (401,)),
    unknown_key=Refusal(("Unauthorized", "InvalidAccessKeyId"), (401,)),
    inactive_key=Refusal(("Unauthorized", "InvalidAccessKeyId"), (401,)),
    no_permission=Refusal(("Unauthorized",), (401, 403)),
    other_token=Refusal(("Unauthorized",), (401,)),
    digest=Refusal(("PostBodyInvalid",), (400,)),
    unsigned=NONE,
    header="x-log-injected")
OTS = Family(
    mismatch=Refusal(("OTSAuthFailed",), (403,)),
    unknown_key=Refusal(("OTSAuthFailed",), (403,)),
    inactive_key=Refusal(("OTSAuthFailed",), (403,)),
    no_permission=Refusal(("OTSNoPermissionAccess", "OTSAuthFailed"), (403,)),
    other_token=Refusal(("OTSAuthFailed",), (403,)),
    digest=Refusal(("OTSParameterInvalid",), (400,)),
    unsigned=NONE,
    header="x-ots-injected")
FC = Family(
    mismatch=Refusal(("SignatureNotMatch", "AccessDenied"), (403,)),
    unknown_key=Refusal(("AccessDenied", "InvalidAccessKeyID"), (403,)),
    inactive_key=Refusal(("AccessDenied", "InvalidAccessKeyID"), (403,)),
    no_permission=Refusal(("AccessDenied",), (403,)),
    other_token=Refusal(("AccessDenied",), (403,)),
    digest=Refusal(("InvalidArgument",), (400,)),
    unsigned=NONE,
    header="x-fc-injected")
MNS = Family(
    mismatch=Refusal(("SignatureDoesNotMatch",), (403,)),
    unknown_key=Refusal(("InvalidAccessKeyId", "AccessIDAuthError"), (403,)),
    inactive_key=Refusal(("InvalidAccessKeyId", "AccessIDAuthError"), (403,)),
    no_permission=Refusal(("AccessDenied",), (403,)),
    other_token=Refusal(("InvalidSecurityToken", "InvalidAccessKeyId", "AccessIDAuthError", "AccessDenied"), (403,)),
    digest=Refusal(("InvalidDegist",), (400,)),                   # spelt so
    unsigned=NONE,
    header="x-mns-injected")


def keys_refused(family, name, sdk, scheme, call):
    """Five callers who do not get in."""
    rows = [("bad-secret", guessing(ADMIN), family.mismatch), ("unknown-key", STRANGER, family.unknown_key),
            ("inactive-key", ADMIN_OFF, family.inactive_key), ("no-permission", NOBODY, family.no_permission),
            ("other-token", with_other_token(SESSION), family.other_token)]
    return [Refused("%s-%s" % (what, name), sdk, scheme, call, caller, expect=expect) for what, caller, expect in rows]


def spoilt(family, name, sdk, scheme, call, query="", body=b"", change=None, header=True, nonce=False):
    """The same call, changed after it was signed. Only what the scheme signs is changed."""
    rows = []
    if query:
        rows.append(("query-changed", relay.with_query(query), family.mismatch, 0))
    if body:
        rows.append(("body-changed", relay.with_body(body), family.mismatch | family.digest, 0))
    if change:
        rows.append(("header-changed", relay.with_header(*change), family.mismatch, 0))
    if header:
        rows.append(("header-added", relay.with_header(family.header, "1"), family.mismatch | family.unsigned, 0))
    if nonce:
        rows.append(("replay", relay.replayed, NONCE_USED, 1))
    return [Refused("%s-%s" % (what, name), sdk, scheme, call, ADMIN, expect=expect, spoil=spoil, reaches=reaches)
            for what, spoil, expect, reaches in rows]
