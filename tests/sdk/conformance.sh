#!/usr/bin/env bash
# Runs a folder of conformance cases (run.py, stub_upstream.py and a README.md that names AK and SK) against a running
# ramgate: with an AccessKey and with a session, calls that must be accepted and calls that must be refused.
#
#   tests/sdk/conformance.sh FOLDER
#
# Environment as for run.sh; ONLY is a regular expression on the names of cases.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

[ $# -eq 1 ] && [ -f "$1/run.py" ] || fail "usage: $0 FOLDER   (with run.py and stub_upstream.py)"
prepare_python
prepare_binary
exec "$python" "$here/conformance.py" "$binary" "$1"
