#!/usr/bin/env bash
# SDKs over https against a running ramgate with a certificate of `ramgate dev-cert`. One line per call; last `N passed, M failed`.
# Environment as for run.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

prepare_python
prepare_node
prepare_binary
exec "$python" "$here/https.py" "$binary"
