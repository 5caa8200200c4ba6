#!/bin/sh
# What is suspicious in containers, harmless by construction. As root, with
# podman and runc; HELPER is the program of helper/. An image is made of busybox.
#
#	containers.sh prepare         makes the image and starts the container "web"
#	containers.sh NAME...         these scenarios
#	containers.sh clean           removes everything that prepare made
set -eu

image=localhost/falcoreplay/scenario:1
run() { podman --runtime runc run --rm --name "$1" --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 --network=none $2 $image /bin/sh -c "sleep 1; $3"; }
# A descendant of podman alone has its control group.
in_web() { podman --runtime runc exec $1 web /bin/sh -c "$2"; }

prepare() {
	mkdir -p root/bin root/etc root/root root/tmp
	cp /bin/busybox root/bin/
	for applet in sh ls cat cp chmod touch sleep id true; do ln -sf busybox root/bin/$applet; done
	echo 'root:x:0:0:root:/root:/bin/sh' >root/etc/passwd
	echo 'root:*:1:0:99999:7:::' >root/etc/shadow
	tar -C root -c . | podman import - $image
	podman --runtime runc run -d --name web --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 --network=none $image /bin/sleep 1000
}
clean() {
	podman rm -f -t 0 web
	podman rmi -f $image
}

terminal() { in_web -t 'id; sleep 0.1'; }
read_shadow() { in_web '' 'cat /etc/shadow'; }
write_bin() { in_web '' 'touch /bin/evil'; }
drop_binary() { in_web '' 'cp /bin/busybox /tmp/true; chmod +x /tmp/true; /tmp/true'; }
sensitive_mount() { run mounts '-v /etc:/host/etc:ro' 'exec sleep 0.1'; }
host_shadow() { run reader '-v /etc:/host/etc:ro' 'cat /host/etc/shadow'; }
capable() { run capable '--cap-add SYS_ADMIN,SYS_PTRACE,SYS_MODULE' 'exec sleep 0.1'; }
privileged() { run privileged --privileged 'exec sleep 0.1'; }
packet() { run packet "--cap-add NET_RAW -v $HELPER:/helper:ro" '/helper packet'; }

for scenario in "$@"; do
	"$scenario" >/dev/null
done
