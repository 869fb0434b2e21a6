"""What the SDKs do here, who may do it, and what has to come of it."""
from cases import classic, fc, mns, node, openapi, oss2_client, oss_v2_client, sls, tablestore
from cases.model import Allowed, Failed
from cases.world import CALLERS, WORLD

MODULES = (openapi, classic, oss2_client, oss_v2_client, sls, tablestore, fc, mns, node)
CASES = [case for module in MODULES for case in module.POSITIVE] + [case for module in MODULES for case in module.NEGATIVE]

__all__ = ["Allowed", "CALLERS", "CASES", "Failed", "WORLD"]
