#!/usr/bin/env bash
# Official credentials providers and STS SDKs against a running ramgate that issues sessions. One line per call; last `N passed, M failed`.
# Environment as for run.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

prepare_python
prepare_node
prepare_binary
# The address of the metadata is written into the SDKs. In a network of our own, loopback has it.
readonly ADDRESS='ip link set lo up && ip address add 100.100.100.200/32 dev lo'
if unshare --map-root-user --net sh -c "$ADDRESS" 2>/dev/null; then
    exec unshare --map-root-user --net sh -c "$ADDRESS"' && exec "$@"' sh "$python" "$here/sts.py" "$binary" own-network
fi
exec "$python" "$here/sts.py" "$binary"
