#!/bin/bash
# SPDX-License-Identifier: MIT
# make_authority.sh FOLDER [BEGIN END] - a time-stamp authority of openssl's: FOLDER/ca.pem signed its certificate, which is valid from
# BEGIN to END (as openssl ca has them, YYMMDDHHMMSSZ; default a day ago and ten years from now). 'openssl ts -reply -config FOLDER/conf
# -queryfile Q -out A' answers then.
set -eu
mkdir -p "$1"
cd "$1"
begin=${2:-$(date -u -d '1 day ago' +%y%m%d%H%M%SZ)} end=${3:-$(date -u -d '10 years' +%y%m%d%H%M%SZ)}
cat >conf <<C
[ca]
default_ca = own
[own]
dir = $PWD
new_certs_dir = $PWD
database = $PWD/index
serial = $PWD/serial
certificate = $PWD/ca.pem
private_key = $PWD/ca.key
default_md = sha256
policy = any
[any]
organizationName = optional
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamper]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = stamp
[stamp]
dir = $PWD
serial = $PWD/tsa_serial
crypto_device = builtin
signer_cert = $PWD/tsa.pem
certs = $PWD/ca.pem
signer_key = $PWD/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
C
: >index
echo 01 >serial
echo 01 >tsa_serial
for name in ca tsa; do openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name.key" 2>/dev/null ||
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name.key"; done
openssl req -new -x509 -key ca.key -config conf -extensions authority -subj "/O=Test/CN=Test CA" -days 4000 -out ca.pem
openssl req -new -key tsa.key -config conf -subj "/O=Test/CN=Test stamps" -out tsa.csr
openssl ca -batch -notext -config conf -extensions stamper -startdate "$begin" -enddate "$end" -in tsa.csr -out tsa.pem
