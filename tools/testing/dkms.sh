#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# dkms.sh: does dkms add, build and install the module for both kernels? In trees of its own, so that nothing
# of it stays on the machine. TAP.
set -uo pipefail
testing=$(dirname "$0")
# shellcheck source=vm/lib.sh
. "$testing/vm/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# dkms would make a signing key and leave it in /var/lib/dkms; without a signing program it does not.
export sign_file=/nonexistent
count=0
failed=0

expect()
{
	local what=$1
	shift
	count=$((count + 1))
	if "$@" >"$work/log" 2>&1; then
		echo "ok $count - $what"
		return
	fi
	echo "not ok $count - $what"
	sed 's/^/# /' "$work/log"
	find "$work/dkms" -name make.log -exec sed 's/^/# /' {} +
	failed=1
}

dkms_here() { dkms "$@" --dkmstree "$work/dkms" --sourcetree "$work/src" --installtree "$work/modules"; }

is_for_kernel()
{
	local module
	module=$(find "$work/modules/$1" -name 'tcptrace.ko*')
	[ -n "$module" ] && modinfo -F vermagic "$module" && [ "$(modinfo -F vermagic "$module" | cut -d' ' -f1)" = "$1" ]
}

echo "1..$((2 + 3 * ${#SERIES[@]}))"
# shellcheck source=/dev/null
. "$TOP/dkms.conf"
id=$PACKAGE_NAME/$PACKAGE_VERSION
mkdir -p "$work"/{dkms,src,modules}
make -s -C "$TOP" dkms-source DKMS_SOURCE="$work/src/$PACKAGE_NAME-$PACKAGE_VERSION" >&2
expect "dkms add" dkms_here add "$id"
for series in "${SERIES[@]}"; do
	release=$(need_headers "$series")
	mkdir "$work/modules/$release"
	expect "dkms build for $series" dkms_here build "$id" -k "$release"
	expect "dkms install for $series" dkms_here install "$id" -k "$release" --no-depmod
	expect "installed module is for $series" is_for_kernel "$release"
done
expect "dkms remove" dkms_here remove "$id" --all --no-depmod
exit $failed
