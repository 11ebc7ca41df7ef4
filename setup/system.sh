#!/usr/bin/env bash
# Installs the Debian packages of system-packages.txt that are missing, where it may; otherwise names them and the remedy.
set -euo pipefail
here=$(dirname "$0")

missing=()
while read -r package; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    if [ "$status" != installed ]; then missing+=("$package"); fi
done < <(grep -Ev '^[[:space:]]*(#|$)' "$here/system-packages.txt")
if [ ${#missing[@]} = 0 ]; then exit 0; fi

echo "Installing from Debian: ${missing[*]}"
if command -v apt-get >/dev/null && "$here/as-root.sh" true 2>/dev/null \
    && "$here/as-root.sh" apt-get update -q \
    && "$here/as-root.sh" apt-get install -q -y --no-install-recommends "${missing[@]}"; then
    exit 0
fi
echo "Could not install: ${missing[*]}. Run as root: apt-get install ${missing[*]}" >&2
echo "未能安装：${missing[*]}。请用 root 执行：apt-get install ${missing[*]}" >&2
exit 1
