#!/bin/bash
# SPDX-License-Identifier: MIT
# test_python.sh - the Python package: each call of the billing API, its document's own examples, webhooks, threads, forks (python/);
# pip installs it from a copy of the folder without a network and without any other package.
set -u
daybook=${DAYBOOK:?} here=$PWD status=0
library=$(dirname "$(realpath "$daybook")")/libdaybook.so
export PYTHONDONTWRITEBYTECODE=1
for python in /usr/bin/python3 python3 none; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
done
[ "$python" != none ] || { echo "SKIP: there is no python3 of 3.11 or newer" && exit 77; }
[ -e "$library" ] || { echo "FAIL: there is no $library" && exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*" && status=1; }

# From a copy, so that no build tree is above it; DAYBOOK_LIBRARY says what goes into the wheel. Then the folder alone is enough.
if "$python" -m pip --version >/dev/null 2>&1; then
    cp -r billing/python "$work/package"
    export PIP_NO_INDEX=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_CACHE_DIR=1
    (cd "$work" && DAYBOOK_LIBRARY=$library "$python" -m pip install --quiet --target "$work/site" ./package) || fail "pip"
    (cd "$work" && env -u DAYBOOK_LIBRARY PYTHONPATH="$work/site" "$python" - <<'P') || fail "what pip installed does not run"
from src.system.billing import BillingSystem, SubscriptionTier
import daybook.library
with BillingSystem("data/billing") as billing:
    billing.create_subscription("user_123", SubscriptionTier.PRO, payment_method="pm_card_visa")
    assert billing.verify()["verified"]
    print("installed by pip:", daybook.__version__)
P
    (cd "$work" && "$python" -m pip install --quiet --target "$work/pure" ./package) || fail "pip, without a library"
    (cd "$work" && PYTHONPATH="$work/pure" "$python" -c 'import daybook' 2>&1 | tail -n 1) >"$work/said"
    grep -qE '^ImportError: libdaybook.so cannot be loaded.*DAYBOOK_LIBRARY|^$' "$work/said" || fail "$(cat "$work/said")"
else
    echo "[SKIP] $python has no pip (Debian: python3-pip)"
fi

# The tests' own Stripe stands where the tests were built, which is not always where the program was.
for server in "${O:-build/debug}/tests/stripe_server" "${B:-build}/debug/tests/stripe_server"; do
    [ ! -x "$server" ] || break
done
STRIPE_SERVER=$(realpath -m "$server") DAYBOOK_LIBRARY=$library PYTHONPATH=$here/billing/python "$python" tests/interop/python/run.py || status=1
exit $status
