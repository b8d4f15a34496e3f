#!/bin/bash
# SPDX-License-Identifier: MIT
# vouch create, with doubles of xl and of xenstore-exists: the exit status tells
# whether the guest was there.
set -u
. tests/scenario/lib/tap.sh
vouch=$PWD/${BUILD:-build}/host/vouch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# It creates a domain unless FAILS is that domain's name.
mkdir "$work/bin"
cat >"$work/bin/xl" <<'XL'
#!/bin/bash
case "$*" in
"create -q -n "*)
    cat <<JSON
{"c_info":{"type":"pv","name":"web","ssid_label":"tenant01_u:guest_r:attested_t",
 "uuid":"ae7c2de2-ad03-4c14-b1b5-c486c8078250"},
 "vtpms":[{"backend_domname":"web-tpm"}]}
JSON
    ;;
"create -q /dev/null"*) [ "${FAILS:-}" != web-tpm ] ;;
"domid "*) echo 7 ;;
"create -F"*)
    [ "${FAILS:-}" != web ] || exit 1
    echo "Waiting for domain web (domid 8) to die [pid 1]"
    echo "Domain 8 has shut down, reason code 0 0x0"
    ;;
esac
XL
printf '#!/bin/sh\n' >"$work/bin/xenstore-exists"
chmod +x "$work"/bin/*
echo 'name = "web"' >"$work/web.cfg"

create() # FAILS [OPTION...]
{
    FAILS=$1 PATH=$work/bin:$PATH "$vouch" create "${@:2}" "$work/web.cfg" \
        >"$work/said" 2>&1
    echo $?
}
tap_is "in the foreground: it was there" "$(create none -F)" 0
tap_is "xl cannot create the guest" "$(create web -F)" 1
tap_is "xl cannot create its TPM" "$(create web-tpm -F)" 1
tap_has "which is said" "$work/said" 'web-tpm: xl cannot create it'
tap_is "in the background: not there" "$(create web)" 1
tap_is "it is there" "$(create none)" 0

tap_is "without xl" "$(PATH=/nowhere "$vouch" create "$work/web.cfg" 2>&1
    echo $?)" "vouch create: xl cannot be run: is this dom0?
1"
printf '#!/bin/sh\nexit 1\n' >"$work/bin/xl"
tap_is "a configuration that xl cannot read" "$(create none)" 1
tap_has "which is said" "$work/said" 'web.cfg is not what xl can read'
tap_end
