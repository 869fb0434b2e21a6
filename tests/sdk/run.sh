#!/usr/bin/env bash
# Unmodified Alibaba Cloud SDKs against a running ramgate, on loopback only. One line per case; last `N passed, M failed`.
# README.md lists them and says how it works.
#
#   tests/sdk/run.sh                  everything
#   tests/sdk/run.sh --only REGEX     some cases (--list shows them, --keep leaves the bundle and the logs behind)
#   tests/sdk/run.sh --without-gate   check the cases themselves, without a gate
#
# RAMGATE_BIN names the program, PYTHON the Python to make the environment from. Downloads the SDKs on the first run.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

prepare_python
prepare_node
case " $* " in
    *" --without-gate "* | *" --list "* | *" --table "*) exec "$python" "$here/run.py" "$@" ;;
esac
prepare_binary
exec "$python" "$here/run.py" --binary "$binary" "$@"
