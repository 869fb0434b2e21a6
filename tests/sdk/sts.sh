#!/usr/bin/env bash
# Official credentials providers and STS SDKs against a running ramgate that issues sessions. One line per call; last `N passed, M failed`.
# Environment as for run.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

prepare_python
prepare_node
prepare_binary
exec "$python" "$here/sts.py" "$binary"
