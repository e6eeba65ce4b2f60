# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion of tcptracectl(8) in bash.

_tcptracectl_words()
{
	case $1 in
	--state)
		echo CLOSED LISTEN SYN-SENT SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT \
			CLOSING LAST-ACK TIME-WAIT
		;;
	--verdict) tcptracectl -a stats 2>/dev/null | sed -n 's/^verdict_\([a-z_]*\) .*/\1/p' ;;
	--checksum) echo auto always never ;;
	-n | --netns) ip netns list 2>/dev/null | cut -d' ' -f1 ;;
	--conn | show | why) tcptracectl list 2>/dev/null | awk 'NR > 1 { print $1 }' ;;
	--comm) ps -eo comm= 2>/dev/null | sort -u ;;
	--pid) ps -eo pid= 2>/dev/null ;;
	--uid) cut -d: -f1 /etc/passwd ;;
	--sort) echo bytes segments time retrans violations state conn ;;
	--addr | --port | --local | --since | --count | --interval) ;;
	*)
		echo list follow show why top stats replay --json --svg --segments --openmetrics --all --file --netns --state \
			--verdict --addr --port --conn --pid --comm --uid --since --all-netns --processes --batch --count --interval --sort --local --checksum \
			--help --version
		;;
	esac
}

_tcptracectl()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}

	case $previous in
	-f | --file | replay)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$(_tcptracectl_words "$previous")" -- "$current")
}

complete -F _tcptracectl tcptracectl
