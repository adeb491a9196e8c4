#!/bin/sh
# Runs in a small virtual machine that is a node and a control plane: its own server and two in network namespaces, the
# load balancer as the phase places it, and clients. Says on the console what it sees, a line each that begins with "proof".
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
record=/var/lib/landfall/changes state=/var/lib/landfall
unit=landfall-load-balancer
root='' address='' port=''
# shellcheck source=/dev/null
. /landfall/names
say() { echo "proof $*" >/dev/console; }
end() {
  if [ "$1" != "done" ]; then
    { journalctl -u "$unit" -n 40 --no-pager -o cat; cat /proc/net/ip_vs; ip route show table local; } 2>&1 | sed 's/^/log /' >/dev/console
  fi
  say "end $1"
  systemctl poweroff --force --force
  sleep 60
}
uptime_now() { cut -d' ' -f1 /proc/uptime; }
since() { awk "BEGIN { printf \"%.1f\", $(uptime_now) - $1 }"; }

# What of this machine a reset must give back.
picture() {
  find /etc /var/lib /usr/local /run/landfall* -xdev ! -path '/var/lib/systemd*' ! -path '/etc/.updated' -exec stat -c '%n %a %F' {} + 2>/dev/null | sort
  for file in /etc/hosts /etc/modules-load.d/*; do if [ -f "$file" ]; then sha256sum "$file"; fi; done
  ip route show table all | sort
  ip -o address show | sed 's/valid_lft.*//'
  if [ -e /proc/net/ip_vs ]; then cat /proc/net/ip_vs; fi
  for name in ip_vs ip_vs_rr vxlan overlay br_netfilter nf_conntrack; do if [ -d "/sys/module/$name" ]; then echo "module $name"; fi; done
  systemctl list-unit-files --no-legend 'landfall*'
  for key in net/ipv4/ip_forward net/ipv4/vs/conntrack net/ipv4/vs/expire_nodest_conn; do
    if [ -e "/proc/sys/$key" ]; then echo "$key $(cat "/proc/sys/$key")"; fi
  done
}

say "kernel $(uname -r)"
for module in bridge veth; do modprobe "$module" || end "no module $module"; done
ip link set lo up
ip link add br0 type bridge
ip address add 10.0.0.1/24 dev br0
ip link set br0 up
cat >/run/answer.sh <<'END'
while IFS= read -r line; do case $line in "" | "$(printf '\r')") break ;; esac; done
cat "$1/readyz"
END
for name in machine server1 server2; do
  mkdir -p "/run/$name"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=kubernetes -keyout "/run/$name/key" -out "/run/$name/crt" 2>/dev/null
done
ready() { printf 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n%s\n' "$1" >"/run/$1/readyz.new"; mv "/run/$1/readyz.new" "/run/$1/readyz"; }
not_ready() { printf 'HTTP/1.0 500 Internal Server Error\r\n\r\netcd failed\n' >"/run/$1/readyz.new"; mv "/run/$1/readyz.new" "/run/$1/readyz"; }
listen() { echo "OPENSSL-LISTEN:6443,cert=/run/$1/crt,key=/run/$1/key,verify=0,reuseaddr,fork"; }
for number in 1 2; do
  ip netns add "server$number"
  ip link add "v$number" type veth peer name eth0 netns "server$number"
  ip link set "v$number" master br0 up
  ip -n "server$number" link set lo up
  ip -n "server$number" address add "10.0.0.1$number/24" dev eth0
  ip -n "server$number" link set eth0 up
  ready "server$number"
  ip netns exec "server$number" socat "$(listen "server$number")" EXEC:"sh /run/answer.sh /run/server$number" >/dev/null 2>&1 &
done
ready machine
socat "$(listen machine)" EXEC:'sh /run/answer.sh /run/machine' >/dev/null 2>&1 &

real() { awk '/->/ && $2 ~ /:192B$/ && $4 > 0 { print $2 }' /proc/net/ip_vs | sort | sed 's/^0A00000B:.*/server1/; s/^0A00000C:.*/server2/; s/^0A000001:.*/machine/' | tr '\n' ' ' | sed 's/ $//'; }
# How long until the servers in the kernel are these; a tenth of a second a try.
until_real() {
  count=0
  while [ "$(real)" != "$1" ]; do
    count=$((count + 1))
    if [ "$count" -gt 450 ]; then end "failed: $2: servers are '$(real)' instead of '$1'"; fi
    sleep 0.1
  done
  say "$2 after $(since "$began") s: $1"
}
ask() { printf 'GET /readyz HTTP/1.0\r\n\r\n' | timeout 8 openssl s_client -quiet -connect "$address:$port" 2>/run/asked | tail -n 1 | grep . || echo nobody; }
# Asks nine times by the virtual address; those who answer must be these and no other. A question that nobody answered is said.
expect_answers() {
  answers=$(for _ in 1 2 3 4 5 6 7 8 9; do ask; done | sort | uniq -c | awk '{ printf "%s %s, ", $2, $1 }')
  names=$(echo "$answers" | sed 's/ [0-9]*,//g; s/nobody *//; s/ *$//')
  case $answers in *nobody*) { cat /run/asked; cat /proc/net/ip_vs_conn; } 2>&1 | sed 's/^/log /' >/dev/console ;; esac
  if [ "$names" != "$1" ]; then end "failed: answered by '$names' instead of '$1'"; fi
  say "answers: $answers"
}
# A connection in which half a request is sent; `finish` sends the rest and waits for who answers. Both wait for a process of
# this very shell, so neither may be called in another one.
hold() {
  mkfifo "/run/held$1"
  timeout 120 openssl s_client -quiet -connect "$address:$port" <"/run/held$1" >"/run/held$1.answer" 2>/dev/null &
  eval "held$1=$!"
  case $1 in
    1) exec 4>/run/held1; printf 'GET /readyz HTTP/1.0\r\n' >&4 ;;
    2) exec 5>/run/held2; printf 'GET /readyz HTTP/1.0\r\n' >&5 ;;
    3) exec 6>/run/held3; printf 'GET /readyz HTTP/1.0\r\n' >&6 ;;
  esac
}
finish() {
  case $1 in
    1) printf '\r\n' >&4; exec 4>&- ;;
    2) printf '\r\n' >&5; exec 5>&- ;;
    3) printf '\r\n' >&6; exec 6>&- ;;
  esac
  eval "wait \$held$1"
  answered=$(tail -n 1 "/run/held$1.answer")
  rm -f "/run/held$1"
}

# The kernel's own IPv6 addresses count only when it has seen that nobody else has them.
for _ in $(seq 100); do
  [ -n "$(ip -6 address show tentative)" ] || break
  sleep 0.1
done
picture >/run/before
say "preparing the kernel and noting what is there, as an install does"
# Patterns for the script, not for this shell.
set -f
# shellcheck disable=SC2046
sh /landfall/hosts/remember.sh "$record" $(cat /landfall/paths) || end "failed: remember.sh"
set +f
place() { (cd "/landfall/$1" && find . -type f | while read -r file; do mkdir -p "$(dirname "/$file")" && cp -p "$file" "/$file.new" && mv "/$file.new" "/$file"; done); }
place kernel
# shellcheck disable=SC2046
sh /landfall/hosts/prepare-kernel.sh /etc/sysctl.d/99-landfall.conf "$record" $(cat /landfall/modules) || end "failed: prepare-kernel.sh"
for name in ip_vs ip_vs_rr; do [ -d "/sys/module/$name" ] || end "failed: $name is not loaded"; done

began=$(uptime_now)
mkdir -p "${root%/*}"
mv /landfall/image "$root"
place one
sh /landfall/start.sh || end "failed: the balancer does not start"
say "started after $(since "$began") s"
until_real machine 'the only control plane, this machine itself, taken in'
expect_answers machine

hold 1
sleep 2
place three
began=$(uptime_now)
systemctl reload "$unit" || end "failed: reload"
sh "$state/load-balancer.sh" loaded /run/landfall-load-balancer || end "failed: not loaded"
until_real 'machine server1 server2' 'two more control planes taken in by a reload'
expect_answers 'machine server1 server2'
sleep 2
finish 1
[ "$answered" = machine ] || end "failed: the connection that was open during the reload was answered by '$answered'"
say "a connection that was open during the reload went on"

began=$(uptime_now)
ip -n server1 link set eth0 down
until_real 'machine server2' 'server1 without network taken out'
expect_answers 'machine server2'
began=$(uptime_now)
ip -n server1 link set eth0 up
until_real 'machine server1 server2' 'server1 taken in again'
expect_answers 'machine server1 server2'
began=$(uptime_now)
not_ready server2
until_real 'machine server1' 'server2 that is not ready taken out'
expect_answers 'machine server1'
began=$(uptime_now)
ready server2
until_real 'machine server1 server2' 'server2 taken in again'
expect_answers 'machine server1 server2'

for number in 1 2 3; do hold "$number"; sleep 2; done
place two
began=$(uptime_now)
systemctl reload "$unit" || end "failed: reload"
until_real 'machine server1' 'server2 taken out by a reload'
for number in 1 2 3; do finish "$number"; echo "$answered" >>/run/kept; done
kept=$(grep -E '^(machine|server1)$' /run/kept | sort | tr '\n' ' ')
[ "$kept" = 'machine server1 ' ] || end "failed: of the connections open during the reload were kept: $kept"
say "connections to the servers that stayed went on: $kept"

settings=/etc/landfall/load-balancer/keepalived.conf
cp "$settings" /run/good.conf
printf 'virtual_server {\n' >>"$settings"
if systemctl reload "$unit" 2>/dev/null; then end "failed: a wrong configuration was loaded"; fi
expect_answers 'machine server1'
say "a wrong configuration was refused, and what ran went on"
cp /run/good.conf "$settings"

began=$(uptime_now)
systemctl kill --kill-whom=main --signal=KILL "$unit"
sleep 1
until_real 'machine server1' 'after keepalived was killed, servers there again'
systemctl is-active --quiet "$unit" || end "failed: it was not started again"
expect_answers 'machine server1'

ip address del 10.0.0.1/24 dev br0
ip address add 10.0.0.1/24 dev br0
sleep 5
expect_answers 'machine server1'
say "the virtual address came back with the host's own"

systemctl stop "$unit"
[ "$(real)" = '' ] || end "failed: stopped, and the kernel balances: $(real)"
sh /landfall/start.sh || end "failed: the balancer does not start"
began=$(uptime_now)
until_real 'machine server1' 'started again, servers there'

# The worst that can be left: killed, and nobody starts it again.
systemctl mask --runtime --quiet "$unit" 2>/dev/null
systemctl kill --kill-whom=all --signal=KILL "$unit"
sleep 1
systemctl stop "$unit"
systemctl unmask --runtime --quiet "$unit" 2>/dev/null
ipvsadm --add-service --tcp-service "$address:$port" --scheduler rr
ipvsadm --add-server --tcp-service "$address:$port" --real-server 10.0.0.12:6443 --masquerading
[ "$(grep -c '^TCP' /proc/net/ip_vs)" = 1 ] || end "failed: nothing was left to be cleared"
began=$(uptime_now)
# One that hangs is to say where.
(
  sleep 60
  for process in /proc/[0-9]*; do
    if [ -n "$(cat "$process/cmdline" 2>/dev/null)" ]; then echo "log $(tr '\0' ' ' <"$process/cmdline" | cut -c1-150): $(tr '\n' ' ' 2>/dev/null <"$process/stack")"; fi
  done >/dev/console
  end "failed: the reset hangs: $(tail -n 3 /run/reset.log | tr '\n' ' ')"
) &
sh /landfall/hosts/reset.sh delete >/run/reset.log 2>&1 || end "failed: reset.sh: $(tail -n 3 /run/reset.log)"
sh /landfall/hosts/restore.sh "$record" "$state" >>/run/reset.log 2>&1 || end "failed: restore.sh: $(tail -n 3 /run/reset.log)"
picture >/run/after
if ! diff /run/before /run/after >/run/difference; then end "failed: reset left: $(head -n 12 /run/difference | tr '\n' '|')"; fi
say "reset after $(since "$began") s: the machine is as it was, $(wc -l </run/before) lines compared"
end "done"
