"""What the SDKs do here, who may do it, and what has to come of it."""
from cases import classic, fc, least, least_oss, least_products, mns, node, openapi, oss2_client, oss_v2_client, sls, tablestore, world
from cases.model import Allowed, Failed

MODULES = (openapi, classic, oss2_client, oss_v2_client, sls, tablestore, fc, mns, node)
TOURS = (least_oss, least_products)
PLANS = [plan for module in TOURS for plan in module.PLANS]
CASES = [case for module in MODULES for case in module.POSITIVE] + [case for module in MODULES for case in module.NEGATIVE]
CASES += [case for module in TOURS for case in module.CASES]
CALLERS = world.CALLERS + least.callers(PLANS)
WORLD = least.joined(world.WORLD, PLANS)

__all__ = ["Allowed", "CALLERS", "CASES", "Failed", "WORLD"]
