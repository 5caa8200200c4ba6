#!/bin/sh
# Attacks on a host, harmless by construction: what they read is thrown away,
# what they change lies in the folder that they are started in. HELPER is the
# program of helper/. As root; some need a few seconds.
#
#	attacks.sh            all of them
#	attacks.sh NAME...    these
set -u
: "${HELPER:?is the path of the helper}"

clear_log() { mkdir -p log; echo x >log/syslog; "$HELPER" truncate log/syslog; }
hardlink_shadow() { ln /etc/shadow link 2>/dev/null || ln -f /etc/shadow /etc/.scenario-link; rm -f link /etc/.scenario-link; }
symlink_etc() { ln -s /etc et; rm et; }
traversal() { find . -maxdepth 0 -exec cat /etc/../etc/./../etc/shadow \; >/dev/null; }
dev_shm() { printf '#!/bin/sh\ntrue\n' >/dev/shm/scenario.sh; chmod +x /dev/shm/scenario.sh; sh -c /dev/shm/scenario.sh; rm /dev/shm/scenario.sh; }
memfd() { "$HELPER" memfd program /bin/true; }
aws_credentials() { find . -maxdepth 1 -iname .aws/credentials; }
private_keys() { find . -maxdepth 1 -iname id_rsa; }
traceme() { "$HELPER" traceme; }
attach() { "$HELPER" attach; }
shadow() { cat /etc/shadow >/dev/null; }
shadow_late() { cp /bin/sh httpd; ./httpd -c 'sleep 6; read -r line </etc/shadow; true'; rm httpd; }
shred_file() { echo x >precious; shred -u precious; }
server_shell() { cp /bin/sh httpd; ./httpd -c 'sh -c "ls / >/dev/null"; true'; rm httpd; }
setuid() { setpriv --reuid daemon --clear-groups "$HELPER" setuid 1; }
login() { cp /bin/true login; chmod 755 . login; setpriv --reuid daemon --clear-groups ./login; rm login; }
udp() { "$HELPER" udp 8192; }

all="clear_log hardlink_shadow symlink_etc traversal dev_shm memfd aws_credentials private_keys traceme attach shadow
shadow_late shred_file server_shell setuid login udp"
for attack in ${*:-$all}; do
	"$attack" || echo "$attack failed" >&2
done
