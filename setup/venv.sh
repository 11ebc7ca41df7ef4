#!/usr/bin/env bash
# Makes a virtual environment with pip on any Debian with Python 3.11+, even where python3-venv is not installed.
# Use: setup/venv.sh DIRECTORY
set -euo pipefail
directory=$1

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python=""
for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if new_enough "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    echo "No Python 3.11 or newer was found. Install it (apt-get install python3), or name it: make PYTHON=/path/to/python3.11" >&2
    echo "没有找到 Python 3.11 或更新版本。请安装（apt-get install python3），或指明：make PYTHON=/path/to/python3.11" >&2
    exit 1
fi

has_pip() { "$directory/bin/python" -m pip --version >/dev/null 2>&1; }

# An environment whose interpreter went away, or that was copied from another place, is made anew.
# It is recognised by the directory written in it when it was made.
if [ -d "$directory" ] && { ! has_pip || [ "$(cat "$directory/made-in" 2>/dev/null)" != "$(pwd -P)" ]; }; then
    rm -rf "$directory"
fi
if [ -d "$directory" ]; then exit 0; fi

quietly() { "$@" >/dev/null 2>&1; }

with_ensurepip() { quietly "$python" -m venv "$directory"; }
with_the_pip_of_the_system() {
    rm -rf "$directory"
    quietly "$python" -m venv --without-pip "$directory" && quietly "$python" -m pip --python "$directory/bin/python" install pip
}
with_a_package_of_debian() {
    command -v apt-get >/dev/null || return 1
    local version
    version=$("$python" -c 'import sys; print(f"python3.{sys.version_info[1]}-venv")')
    rm -rf "$directory"
    "$(dirname "$0")/as-root.sh" apt-get update -q >&2 || return 1
    "$(dirname "$0")/as-root.sh" apt-get install -q -y --no-install-recommends "$version" >&2 || return 1
    with_ensurepip
}

if ! with_ensurepip && ! with_the_pip_of_the_system && ! with_a_package_of_debian; then
    rm -rf "$directory"
    echo "$python cannot make a virtual environment with pip. Run once as root: apt-get install python3-venv" >&2
    echo "$python 不能建立带 pip 的虚拟环境。请用 root 执行一次：apt-get install python3-venv" >&2
    exit 1
fi
pwd -P >"$directory/made-in"
