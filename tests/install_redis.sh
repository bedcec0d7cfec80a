#!/usr/bin/env bash
# Leaves a redis-server for the test of jobs in Celery workers, where Debian's package can be installed.
set -u
if command -v redis-server >/dev/null 2>&1; then exit 0; fi
apt() { # as root, or through sudo that asks nothing
    if [ "$(id -u)" = 0 ]; then DEBIAN_FRONTEND=noninteractive apt-get "$@"
    else sudo -n env DEBIAN_FRONTEND=noninteractive apt-get "$@"; fi </dev/null
}
command -v apt-get >/dev/null 2>&1 && apt update -qq && apt install -y -qq --no-install-recommends redis-server >/dev/null && exit 0
echo "No redis-server could be installed; the test that needs one will be skipped." >&2
exit 0
