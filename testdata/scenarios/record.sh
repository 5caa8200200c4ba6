#!/bin/sh
# Records what the bundled rules are tested on: of each scenario of
# bundled/*.txtar the captures captures/SCENARIO/attack.scap and benign.scap, the
# near miss, or ordinary.scap, what has nothing to do with attacks. As root, with
# falcorec's path in FALCOREC and that of helper/ in HELPER.
#
#	record.sh             all of them
#	record.sh NAME...     these scenarios
#
# A scenario is a script for bash: NAME/prepare (which may be missing) is not
# recorded, NAME/attack, NAME/benign and NAME/ordinary are. It happens on a
# machine of its own, as far as it can see: this one's file system with a layer
# above it that is thrown away, accounts, host name and network of its own, and a
# control group by which it is recorded. So it may change what it likes, and a
# capture says nothing of the machine that it was made on. Of the scenarios in
# containers.txtar only the containers are recorded, which podman and runc start
# with the functions of pods.sh.
set -eu

: "${FALCOREC:?is the path of falcorec}" "${HELPER:?is the path of the helper}"
if [ -z "${INSIDE-}" ]; then
	exec env -i INSIDE=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin FALCOREC="$FALCOREC" HELPER="$HELPER" \
		unshare --mount --uts --net --ipc --propagation private sh "$0" "$@"
fi

here=$(cd "$(dirname "$0")" && pwd)
captures=$here/../captures
# Of its own, so that two may record at once.
group=/victim-$$
work=/run/victim
# Calls that come in masses, and data.
bulk='access, brk, fstat, futex, getdents64, ioctl, lseek, madvise, mmap, mprotect, munmap, nanosleep, newfstatat, poll,
	pread64, pwrite64, read, readv, rt_sigaction, rt_sigprocmask, rt_sigreturn, select, stat, statx, wait4, write, writev'

fail() {
	echo "record.sh: $*" >&2
	exit 1
}

# Every tree of control groups; version 2 has one.
trees() { awk -v work=$work/ '($3 == "cgroup" || $3 == "cgroup2") && index($2, work) != 1 {print $2}' /proc/mounts; }

# Ends everything in its control group.
end() {
	for tree in $(trees); do find $tree$group -name cgroup.procs -exec cat {} + | sort -u | xargs -r kill -9; done
}

# The accounts of the machine on which it happens.
accounts() {
	cat >"$1/passwd" <<-END
		root:x:0:0:root:/root:/bin/bash
		daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
		www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
		nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
		alice:x:1000:1000:Alice:/home/alice:/bin/bash
	END
	printf '%s\n' root:x:0: daemon:x:1: shadow:x:42: www-data:x:33: nogroup:x:65534: alice:x:1000: >"$1/group"
	printf '%s\n' 'root:*:20000:0:99999:7:::' 'alice:!:20000:0:99999:7:::' >"$1/shadow"
	printf '%s\n' '127.0.0.1 localhost victim' '203.0.113.5 files.example' >"$1/hosts"
	echo victim >"$1/hostname"
	echo 'passwd: files' >"$1/nsswitch.conf"
	: >"$1/resolv.conf"
	: >"$1/ld.so.preload"
}

# What falcorec sees of the machine.
machine() {
	hostname victim
	ip link set lo up
	ip link add eth0 type bridge
	# The second address is the internet, and the third what clouds answer at.
	ip addr add 192.168.10.2/24 dev eth0
	ip addr add 203.0.113.5/24 dev eth0
	ip addr add 169.254.169.254/32 dev eth0
	ip link set eth0 up
	ip route add default dev eth0

	mkdir -p $work
	mount -t tmpfs tmpfs $work
	mkdir $work/etc
	accounts $work/etc
	: >$work/etc/machine-id
	for file in passwd group machine-id; do
		[ ! -e /etc/$file ] || mount --bind $work/etc/$file /etc/$file
	done
	sed 's/-.*//' /proc/sys/kernel/osrelease >$work/osrelease
	mount --bind $work/osrelease /proc/sys/kernel/osrelease
	# What runs has the first process as its parent.
	for file in cmdline stat status; do
		sed "s/^1 (.*) /1 (systemd) /; s/^Name:.*/Name:\tsystemd/; s/^\/.*/\/sbin\/init/" /proc/1/$file >$work/$file
		mount --bind $work/$file /proc/1/$file
	done
}

# A file system for one recording.
root() {
	mkdir -p $work/layer/upper/etc $work/layer/work $work/root
	accounts $work/layer/upper/etc
	mount -t overlay -o lowerdir=/,upperdir=$work/layer/upper,workdir=$work/layer/work victim $work/root
	for dir in tmp run srv var/tmp var/log root home; do
		[ ! -d $work/root/$dir ] || mount -t tmpfs -o mode=755 tmpfs $work/root/$dir
	done
	chmod 1777 $work/root/tmp $work/root/var/tmp
	mkdir -p $work/root/home/alice
	mount --rbind /dev $work/root/dev
	mount -t tmpfs -o mode=1777 tmpfs $work/root/dev/shm
	mount -t proc proc $work/root/proc
	mount -t sysfs -o ro sysfs $work/root/sys
	mkdir -p $work/root/opt/scenario
	cp "$HELPER" $work/root/opt/scenario/helper
}

# What podman needs in it, with a service that tells falcorec of containers.
root_of_pods() {
	mkdir -p $work/root/var/lib/containers
	mount -t tmpfs -o mode=755 tmpfs $work/root/var/lib/containers
	mount --rbind /sys/fs/cgroup $work/root/sys/fs/cgroup
	# The tree of cpuset takes nobody before it has processors.
	sh -c '
		for tree; do echo 0 >$tree/cgroup.procs || :; done 2>/dev/null
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			chroot /run/victim/root podman --events-backend file system service --time=0 unix:///run/podman.sock
	' sh $(trees | sed "s,\$,$group,") &
	service=$!
	for _ in $(seq 200); do
		[ ! -S $work/root/run/podman.sock ] || return 0
		sleep 0.05
	done
	fail "podman's service does not listen"
}

remove_root() {
	umount -R -l $work/root
	rm -rf $work/layer
}

part() { awk -v name="$2" '/^-- .* --$/ {found = $2 == name; next} found' "$1"; }

# Bash reads the scenario from here, and the part that is recorded once falcorec
# records.
feed() {
	echo 'set -e'
	if [ "$recorded" != $group ]; then
		echo "pods=$recorded"
		cat "$here/pods.sh"
	fi
	part "$1" "$2/prepare"
	echo 'echo prepared'
	until [ -e $work/go ]; do sleep 0.05; done
	# What is started in it must not read the rest of it.
	echo '{'
	part "$1" "$2/$3"
	echo '} </dev/null'
	echo 'echo ok'
}

# Runs a scenario, and ends when its last process has ended.
run() {
	feed "$1" "$2" "$3" | setsid -f unshare --mount sh -c '
		for tree; do echo 0 >$tree/cgroup.procs; done
		cd /run/victim/root
		pivot_root . .
		umount -l .
		cd /root
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root bash' sh $(trees | sed "s,\$,$group,") 2>&1 | cat >$work/out
}

await() {
	for _ in $(seq 200); do
		! grep -q "$1" "$2" || return 0
		sleep 0.05
	done
	fail "$3: $(cat "$2")"
}

record() {
	file=$1 name=$2 part=$3
	recorded=$group
	runtimes=none
	root
	if [ "${file##*/}" = containers.txtar ]; then
		recorded=$group/pods
		runtimes=podman=$work/root/run/podman.sock
		root_of_pods
	fi
	rm -f $work/go
	: >$work/out
	: >$work/said
	run "$file" "$name" "$part" &
	running=$!
	await '^prepared$' $work/out "$name/prepare"
	nice -n -5 "$FALCOREC" -w "$work/capture" --compress gzip:9 --syscalls all --runtimes $runtimes \
		-f "cgroup.path = $recorded and not evt.type in ($bulk)" --snapshot filtered 2>$work/said &
	recorder=$!
	await '^recording to ' $work/said falcorec
	: >$work/go
	# A scenario takes seconds, an ordinary one a minute or two; what is left of one
	# that hangs is ended.
	(
		exec >/dev/null 2>&1
		[ $part != ordinary ] || sleep 120
		sleep 30
		end
	) &
	watchdog=$!
	wait $running
	kill $watchdog
	kill -INT $recorder
	wait $recorder || fail "$name/$part: $(cat $work/said)"
	[ "$(tail -n 1 $work/out)" = ok ] || fail "$name/$part: $(cat $work/out)"
	! grep -i 'warning\|lost' $work/said || fail "$name/$part: $(cat $work/said)"
	[ $runtimes = none ] || kill $service
	remove_root
	mkdir -p "$captures/$name"
	cat $work/capture >"$captures/$name/$part.scap"
	echo "$name/$part: $(stat -c %s "$captures/$name/$part.scap") bytes"
}

missing=$(for tool in apt-get busybox cron curl gcc git ip logrotate make nginx nsenter openssl podman rsync runc setpriv sshd strace \
	sudo; do command -v $tool >/dev/null || echo $tool; done)
[ -z "$missing" ] || fail "the scenarios need" $missing

machine
for tree in $(trees); do mkdir -p "$tree$group/pods"; done
trap '
	end
	sleep 0.5
	for tree in $(trees); do rmdir "$tree$group/pods" "$tree$group" || :; done
' EXIT
for file in "$here"/bundled/*.txtar; do
	for name in $(sed -n 's,^-- \(.*\)/\(attack\|ordinary\) --$,\1,p' "$file"); do
		case " $* " in
		"  " | *" $name "*)
			for part in $(sed -n "s,^-- $name/\(attack\|benign\|ordinary\) --$,\1,p" "$file"); do
				record "$file" "$name" $part
			done
			;;
		esac
	done
done
