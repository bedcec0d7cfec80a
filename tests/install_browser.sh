#!/usr/bin/env bash
# Usage: install_browser.sh PYTHON. Leaves a Chromium that the browser tests find (see tests/browser.py).
set -u
python=$1

if command -v chromium-headless-shell >/dev/null 2>&1 || command -v chromium >/dev/null 2>&1; then exit 0; fi

apt() { # as root, or through sudo that asks nothing
    if [ "$(id -u)" = 0 ]; then DEBIAN_FRONTEND=noninteractive apt-get "$@"
    else sudo -n env DEBIAN_FRONTEND=noninteractive apt-get "$@"; fi </dev/null
}
debian() { # Ubuntu's chromium package is a snap, which does not start everywhere
    [ -r /etc/os-release ] && ( . /etc/os-release && [ "${ID:-}" = debian ] ) && command -v apt-get >/dev/null 2>&1
}
if debian && apt update -qq; then
    for package in chromium-headless-shell chromium; do # the first has no windows, and needs half the time
        apt install -y -qq --no-install-recommends "$package" fonts-liberation >/dev/null && exit 0
    done
fi

echo "No Chromium package here; asking Playwright for one." >&2
"$python" -m playwright install chromium && exit 0
echo "No Chromium could be installed. Install one, so that 'chromium' is on the PATH, and run make again." >&2
exit 1
