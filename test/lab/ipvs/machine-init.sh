#!/bin/busybox sh
# The first and only process of a small virtual machine: two servers in network namespaces, keepalived with the
# configuration that Landfall writes, and a client. Says on the console what it sees, a line each that begins with "proof".
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t tmpfs tmp /run
/bin/busybox mount -t tmpfs tmp /tmp
/bin/busybox mkdir -p /run/netns /var/run
/bin/busybox --install -s /bin 2>/dev/null
# This shell prefers its own, smaller program.
ip() { /bin/ip "$@"; }
say() { echo "proof $*"; }
end() { say "end $1"; sync; poweroff -f; }
say "kernel $(uname -r)"
for module in bridge veth ip_vs ip_vs_rr; do modprobe "$module" || say "no module $module"; done
ip link set lo up
ip link add br0 type bridge
ip address add 10.0.0.1/24 dev br0
ip link set br0 up
for number in 1 2; do
  ip netns add "server$number"
  ip link add "v$number" type veth peer name eth0 netns "server$number"
  ip link set "v$number" master br0 up
  ip -n "server$number" link set lo up
  ip -n "server$number" address add "10.0.0.1$number/24" dev eth0
  ip -n "server$number" link set eth0 up
  mkdir -p "/run/server$number"
  printf 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nserver%s\n' "$number" >"/run/server$number/readyz"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=kubernetes -keyout "/run/server$number/key" -out "/run/server$number/crt" 2>/dev/null
done
serve() { cd "/run/server$1" && ip netns exec "server$1" openssl s_server -quiet -HTTP -accept 6443 -cert crt -key key >/dev/null 2>&1 & }
serve 1
serve 2
sh /landfall/virtual-address.sh up 10.103.97.2 10.0.0.1 || end "no virtual address"
keepalived --dont-fork --log-console --check --use-file /landfall/keepalived.conf >/run/keepalived.log 2>&1 &
real() { ipvsadm -L -n | awk '/->/ && /6443/ && $4 > 0 { print $2 }' | sort | tr '\n' ' '; }
# How long until the servers in the kernel are these; a tenth of a second a try.
until_real() {
  count=0
  while [ "$(real)" != "$1" ]; do
    count=$((count + 1))
    if [ "$count" -gt 600 ]; then
      say "servers are $(real)instead of $1"
      tail -n 20 /run/keepalived.log
      end failed
    fi
    sleep 0.1
  done
  say "$2 after $(awk "BEGIN { print ($(cut -d' ' -f1 /proc/uptime) - $began) }") s: $(real)"
}
# Asks eight times by the virtual address; those who answer must be these and no other.
expect_answers() {
  answers=$(for _ in 1 2 3 4 5 6 7 8; do
    printf 'GET /readyz HTTP/1.0\r\n\r\n' | timeout 5 openssl s_client -quiet -connect 10.103.97.2:7443 2>/dev/null | tail -n 1
  done | sort | uniq -c | awk '{ printf "%s %s, ", $2, $1 }')
  say "answers: $answers"
  names=$(echo "$answers" | sed 's/ [0-9]*,//g; s/ *$//')
  if [ "$names" != "$1" ]; then end "failed: answered by $names instead of $1"; fi
}
began=$(cut -d' ' -f1 /proc/uptime)
until_real '10.0.0.11:6443 10.0.0.12:6443 ' 'both servers taken in'
expect_answers "server1 server2"
began=$(cut -d' ' -f1 /proc/uptime)
ip -n server1 link set eth0 down
until_real '10.0.0.12:6443 ' 'server1 without network taken out'
expect_answers "server2"
began=$(cut -d' ' -f1 /proc/uptime)
ip -n server1 link set eth0 up
until_real '10.0.0.11:6443 10.0.0.12:6443 ' 'server1 taken in again'
expect_answers "server1 server2"
began=$(cut -d' ' -f1 /proc/uptime)
printf 'HTTP/1.0 500 Internal Server Error\r\n\r\netcd failed\n' >/run/server2/readyz
until_real '10.0.0.11:6443 ' 'server2 that is not ready taken out'
expect_answers "server1"
end done
