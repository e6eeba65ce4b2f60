# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Sourced by the lab's scripts: where things are, and which Debian kernel is which.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# Not below the tree: a fresh clone on the same machine downloads nothing again.
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tcptrace
SERIES=(6.1 6.12)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 2; }

# headers_package SERIES: the package that always names the newest headers of a series
headers_package()
{
	case $1 in
	6.1) echo linux-headers-amd64 ;;
	6.12) echo linux-headers-6.12-amd64 ;;
	*) die "KERNEL=$1: unknown kernel, there are: ${SERIES[*]}" ;;
	esac
}

# headers_release SERIES: release of the newest installed headers, e.g. 6.1.0-56-amd64; fails when
# there are none
headers_release()
{
	local dir release newest=

	for dir in /usr/src/linux-headers-"$1".*-amd64; do
		release=${dir#/usr/src/linux-headers-}
		case $release in *-rt-* | *-cloud-*) continue ;; esac
		[ -f "$dir/.config" ] || continue
		newest=$(printf '%s\n' "$newest" "$release" | sort -V | tail -n 1)
	done
	[ -n "$newest" ] && echo "$newest"
}

# need_headers SERIES: the same, or the end with an explanation
need_headers()
{
	headers_package "$1" >/dev/null
	headers_release "$1" || die "no headers of a $1 kernel here: run \`make deps'"
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
