#!/bin/sh
# SPDX-License-Identifier: MIT
# deps.sh LIST... - looks for what the build (and the lists named after it: check long bench) needs. What is missing is
# installed where apt-get is there, and said; elsewhere the packages are named and the answer is 1. Must run with nothing
# but a shell and make's own tools, because it is the first thing that runs in a fresh clone.
set -u
lists=" $* "

# list  package  how to look  what to look for
wanted='
build  gcc                   command  gcc
build  libc6-dev             header   stdio.h
build  make                  command  make
build  pkg-config            command  pkg-config
build  liblmdb-dev           library  lmdb
build  libmsgpack-dev        library  msgpack
build  libcurl4-openssl-dev  library  libcurl
build  libhpdf-dev           header   hpdf.h
build  libmicrohttpd-dev     library  libmicrohttpd
build  zlib1g-dev            library  zlib
build  libssl-dev            library  openssl
build  libjansson-dev        library  jansson
build  libcsv-dev            header   csv.h
build  libicu-dev            library  icu-i18n
build  libqrencode-dev       library  libqrencode
build  libxlsxwriter-dev     library  xlsxwriter
build  libpng-dev            library  libpng
build  libxml2-dev           library  libxml-2.0
build  fonts-liberation2     font     LiberationSans-Regular.ttf
build  fonts-droid-fallback  font     DroidSansFallback.ttf
build  python3-fonttools     module   fontTools
check  libcriterion-dev      library  criterion
check  clang                 command  clang
check  libclang-rt-14-dev    runtime  fuzzer
check  clang-format          command  clang-format
check  clang-tidy            command  clang-tidy
check  cppcheck              command  cppcheck
check  shellcheck            command  shellcheck
check  mandoc                command  mandoc
check  lmdb-utils            command  mdb_dump
check  python3-cryptography  module   cryptography
check  signify-openbsd       command  signify-openbsd
check  openssh-client        command  ssh-keygen
check  python3-jsonschema    module   jsonschema
check  python3               command  python3
check  python3-pip           module   pip
check  python3-tenacity      module   tenacity
check  mypy                  command  mypy
check  openssl               command  openssl
check  poppler-utils         command  pdftotext
check  qpdf                  command  qpdf
check  libxml2-utils         command  xmllint
check  default-jre-headless  command  java
check  libsaxonhe-java       jar      Saxon-HE.jar
check  mupdf-tools           command  mutool
check  ghostscript           command  gs
check  zsh                   command  zsh
check  fish                  command  fish
check  zbar-tools            command  zbarimg
check  strace                command  strace
check  chromium              command  chromium
check  hledger               command  hledger
check  ledger                command  ledger
check  beancount             command  bean-check
check  libreoffice-calc-nogui  command  soffice
check  golang-go             command  go
check  golang-golang-x-mod-dev  source  golang.org/x/mod/sumdb/tlog
long   valgrind              command  valgrind
long   gcovr                 command  gcovr
bench  libsqlite3-dev        library  sqlite3
bench  libsqlcipher-dev      library  sqlcipher
'

found() {
    case $1 in
    command) command -v "$2" ;;
    library) pkg-config --exists "$2" ;;
    header) echo "#include <$2>" | gcc -E -x c - ;;
    font) find /usr/share/fonts /usr/share/fonts-droid-fallback /usr/local/share/fonts -name "$2" | grep . ;;
    module) test -e "/usr/lib/python3/dist-packages/$2" || /usr/bin/python3 -c "import $2" ;;
    jar) test -e "/usr/share/java/$2" ;;
    source) test -e "/usr/share/gocode/src/$2" ;;
    runtime) ls "$(clang -print-resource-dir)"/lib/*/libclang_rt."$2"* ;;
    esac >/dev/null 2>&1
}

missing() {
    echo "$wanted" | while read -r list package how what; do
        case $lists in *" ${list:-none} "*) found "$how" "$what" || printf ' %s' "$package" ;; esac
    done
}

needed=$(missing)
[ -z "$needed" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "deps: these packages are missing (names as in Debian 12), and there is no apt-get to install them:$needed" >&2
    exit 1
fi
as_root=
if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    if ! command -v sudo >/dev/null 2>&1; then
        echo "deps: these packages are missing, and installing them needs root:$needed" >&2
        exit 1
    fi
fi
echo "deps: installing with apt-get:$needed"
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
# The names are split into words on purpose.
# shellcheck disable=SC2086
if ! { $as_root apt-get -q update &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 install \
        --no-install-recommends $needed; } >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    echo "deps: apt-get could not install:$needed" >&2
    exit 1
fi
needed=$(missing)
[ -z "$needed" ] && exit 0
echo "deps: installed, and still not found:$needed" >&2
exit 1
