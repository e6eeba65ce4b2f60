# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Sourced by the lab's scripts: where things are, and which kernel is which.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# Not below the tree: a fresh clone on the same machine downloads nothing again.
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tcptrace
# Debian's kernels on which everything is tested, and its others.
SERIES=(6.1 6.12)
FLAVOURS=(6.1-rt 6.1-cloud 6.12-rt 6.12-cloud)
# Those built here, from the sources of Debian's, to look for data races: see ../debug/kcsan-kernel.
RACE_KERNELS=(kcsan-6.1 kcsan-6.12)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 2; }

# headers_package KERNEL: the package that always names the newest headers of one of Debian's kernels
headers_package()
{
	case " ${SERIES[*]} ${FLAVOURS[*]} " in
	*" $1 "*) ;;
	*) die "KERNEL=$1: unknown kernel, there are: ${SERIES[*]} ${FLAVOURS[*]}" ;;
	esac
	case $1 in
	6.1) echo linux-headers-amd64 ;;
	6.1-*) echo "linux-headers-${1#6.1-}-amd64" ;;
	*) echo "linux-headers-$1-amd64" ;;
	esac
}

# headers_release KERNEL: release of its newest installed headers, e.g. 6.1.0-56-amd64; fails when there are none
headers_release()
{
	local series=${1%%-*} flavour=${1#"${1%%-*}"} dir release newest=

	for dir in /usr/src/linux-headers-"$series".*"$flavour-amd64"; do
		release=${dir#/usr/src/linux-headers-}
		[ -n "$flavour" ] || case $release in *-rt-* | *-cloud-*) continue ;; esac
		[ -f "$dir/.config" ] || continue
		newest=$(printf '%s\n' "$newest" "$release" | sort -V | tail -n 1)
	done
	[ -n "$newest" ] && echo "$newest"
}

# need_headers KERNEL: the same; the headers of a flavour are installed when they are missing
need_headers()
{
	local package

	package=$(headers_package "$1") || exit
	headers_release "$1" && return
	case " ${FLAVOURS[*]} " in
	*" $1 "*) "$TOP/tools/testing/vm/deps" "$package" && headers_release "$1" ;;
	*) false ;;
	esac || die "no headers of a $1 kernel here: run \`make deps'"
}

is_race_kernel() { [[ " ${RACE_KERNELS[*]} " == *" $1 "* ]]; }

# kernel_tree KERNEL: the directory against which modules for it build; what is missing is installed or built
kernel_tree()
{
	local release

	if is_race_kernel "$1"; then
		"$TOP/tools/testing/debug/kcsan-kernel" "${1#kcsan-}"
	else
		release=$(need_headers "$1") && echo "/usr/src/linux-headers-$release"
	fi
}

# locked NAME COMMAND...: one at a time on this machine, however many makes are running
locked()
{
	local name=$1 fd
	shift
	mkdir -p "${name%/*}"
	exec {fd}>"$name.lock"
	flock "$fd"
	"$@"
	exec {fd}>&-
}
