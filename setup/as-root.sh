#!/usr/bin/env bash
# Runs a command as root where that needs no password; otherwise fails without asking.
# Use: setup/as-root.sh COMMAND…
set -euo pipefail
if [ "$(id -u)" = 0 ]; then exec env DEBIAN_FRONTEND=noninteractive "$@"; fi
exec sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
