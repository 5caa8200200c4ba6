#!/bin/sh
# A mixed load for so many seconds: find, tar, a build, and a web server that is
# asked again and again. HELPER is the program of helper/, SOURCE a folder of Go
# code with a go.mod, GO the go command. It writes to the folder that it is
# started in.
set -eu
: "${HELPER:?}" "${SOURCE:?}" "${GO:?}"
seconds=${1:?how many seconds}

repeat() {
	end=$(($(date +%s) + seconds))
	while [ "$(date +%s)" -lt $end ]; do "$@"; done
}
finds() { find /usr/share /etc -name '*.conf' -newer /etc/passwd >found 2>&1 || :; }
tars() { tar -cf archive.tar -C "$SOURCE" engine rules scap && tar -xf archive.tar -C unpacked; }
builds() { (cd "$SOURCE" && GOCACHE="$here/cache" "$GO" build -o "$here/built" ./cmd/falcoanalyze); rm -rf cache/*; }

here=$PWD
mkdir -p unpacked cache www
head -c 65536 /dev/zero >www/file
repeat finds &
repeat tars &
repeat builds &
"$HELPER" serve www sh -c '"$HELPER" get "${URL}file" '"$seconds"
wait
