# What scenarios of bundled/containers.txtar start containers with. Containers are
# below the control group $pods and are recorded, podman itself is not.

podman() { command podman --runtime runc --cgroup-manager cgroupfs --events-backend file "$@"; }

# image NAME [FILE NAME-IN-IMAGE]...: an image of busybox, and of these files.
image() {
	local name=$1 dir=/var/lib/containers/image applet
	shift
	rm -rf $dir
	mkdir -p $dir/bin $dir/etc $dir/proc $dir/root $dir/sys $dir/tmp $dir/run
	cp /bin/busybox $dir/bin/
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -sf busybox "$dir/bin/$applet"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >$dir/etc/passwd
	while [ $# -gt 0 ]; do
		mkdir -p "$dir$(dirname "$2")"
		cp "$1" "$dir$2"
		shift 2
	done
	tar -C $dir -c . | podman import - "localhost/$name:1" >/dev/null 2>&1
}

# start NAME IMAGE [OPTION]... [-- COMMAND...]: a container in the background,
# without a network but for --network=host, the scenario's.
start() {
	local name=$1 image=$2 options=(--network=none)
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		case $1 in
		--network=*) options[0]=$1 ;;
		*) options+=("$1") ;;
		esac
		shift
	done
	[ $# -eq 0 ] || shift
	[ $# -gt 0 ] || set -- sleep 1000
	podman run -d --name "$name" --hostname "$name" --cgroups=no-conmon --cgroup-parent "$pods" \
		--ulimit nofile=1024:1024 --ulimit nproc=1000:1000 "${options[@]}" \
		"localhost/$image:1" "$@" >/dev/null
}

# inside NAME [OPTION]... SCRIPT: a shell in a container that runs; what fails ends it.
inside() {
	local name=$1
	shift
	podman exec "${@:1:$#-1}" "$name" sh -ec "${@:$#}"
}

# Called as bash ends.
remove() { podman rm -f -t 0 --all >/dev/null; }
trap remove EXIT
