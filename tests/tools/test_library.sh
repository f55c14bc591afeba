#!/bin/bash
# SPDX-License-Identifier: MIT
# test_library.sh - what is installed is what daybook.h says: both libraries have exactly its functions and no name of ours
# besides, and a stranger's program finds them through pkg-config, shared and static. O is the folder of the build.
set -eu
if [ ! -e billing/daybook.h ]; then
    echo "there is no billing/daybook.h yet"
    exit 77
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
${MAKE:-make} --no-print-directory V=release B="${B:-build}" DESTDIR="$place" PREFIX=/usr install >"$place/log" 2>&1 ||
    { cat "$place/log" && exit 1; }
root=$place/usr

awk -f tests/tidy/code.awk billing/daybook.h | grep -oE '\bdaybook_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u >"$place/declared"
nm -D --defined-only "$root/lib/libdaybook.so" | awk '{ print $3 }' | sort >"$place/shared"
nm -g --defined-only "$root/lib/libdaybook.a" | awk 'NF == 3 { print $3 }' | sort >"$place/static"
test -s "$place/declared"
diff -u --label declared --label 'libdaybook.so' "$place/declared" "$place/shared"
diff -u --label declared --label 'libdaybook.a' "$place/declared" "$place/static"
readelf -d "$root/lib/libdaybook.so" | grep -q 'soname: \[libdaybook\.so\.[0-9]*\]' || { echo "no soname" && exit 1; }

{
    echo '#include <daybook.h>'
    echo 'int main(void) { void (*all[])(void) = {'
    sed 's/.*/(void (*)(void))&,/' "$place/declared"
    echo '}; return all[0] == 0; }'
} >"$place/stranger.c"
cmp billing/verify.html "$root/share/doc/daybook/verify.html"
export PKG_CONFIG_PATH=$root/lib/pkgconfig
ask() { pkg-config --define-variable=prefix="$root" "$@" daybook; }
# The words of pkg-config are separate arguments on purpose.
# shellcheck disable=SC2046
gcc -std=c99 -Wall -Wextra -Werror -o "$place/shared_program" "$place/stranger.c" $(ask --cflags --libs)
LD_LIBRARY_PATH=$root/lib "$place/shared_program"
if command -v python3 >/dev/null; then
    DAYBOOK_LIBRARY=$root/lib/libdaybook.so PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/lib/python3/dist-packages \
        python3 -c 'from src.system.billing import BillingSystem'
fi
rm "$root"/lib/libdaybook.so*
# shellcheck disable=SC2046
gcc -std=c99 -Wall -Wextra -Werror -o "$place/static_program" "$place/stranger.c" $(ask --cflags --static --libs)
"$place/static_program"
if [ -e billing/main.c ]; then "$root/bin/daybook" --help >/dev/null; fi
