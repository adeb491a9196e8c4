# Ends what Landfall started on a host: services, containers, mounts, network devices and packet rules.
# Can be run again after it was interrupted. Says what it could not end and then ends with 1.
# $1 data of applications on this host: delete|keep
set -u
data=$1
PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
state=/var/lib/landfall
record=$state/changes
failed=
say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; failed=yes; }

# Without it the install never came to start anything, and what runs here is somebody else's.
if [ ! -e "$record/sysctl" ]; then exit 0; fi

say "ending what was started"
# Scripts that a lost operator left running must not go on; they are known by the line that started them.
own=" $$ "
ancestor=$$
while [ "$ancestor" -gt 1 ]; do
  ancestor=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$ancestor/status")
  own="$own$ancestor "
done
# shellcheck disable=SC2013
for process in $(grep -la landfall_script= /proc/[0-9]*/cmdline 2>/dev/null); do
  process=${process#/proc/} process=${process%/cmdline}
  case $own in *" $process "*) ;; *) kill -9 "$process" 2>/dev/null ;; esac
done

ours() { grep -qs Landfall "/etc/systemd/system/$1.service"; }
units="landfall-kubeadm landfall-certificates" enabled=
for unit in kubelet landfall-load-balancer landfall-registry containerd; do
  if ours "$unit"; then units="$units $unit" enabled="$enabled $unit"; fi
done
for unit in landfall-snapshot landfall-approver landfall-renewal; do
  if ours "$unit"; then units="$units $unit.timer $unit" enabled="$enabled $unit.timer"; fi
done
# shellcheck disable=SC2086
systemctl stop $units 2>/dev/null
# What it told the kernel ends with it, unless it was killed.
if [ -e "$state/load-balancer.sh" ]; then
  answer=$(sh "$state/load-balancer.sh" end 2>&1) || fail "the load balancer was not ended: $answer"
fi
# shellcheck disable=SC2086
if [ -n "$enabled" ]; then systemctl disable --quiet --no-reload $enabled 2>/dev/null; fi

# Containers and their shims outlive containerd on purpose; they are known by their cgroups. Asking containerd to end
# one after another takes many times as long.
cgroups='[:/]kubepods(\.slice)?/|:/landfall/|/(containerd|kubelet|landfall-[a-z-]*)\.service'
attempts=0
while :; do
  left=
  # shellcheck disable=SC2013
  for process in $(grep -lE "$cgroups" /proc/[0-9]*/cgroup 2>/dev/null); do
    process=${process#/proc/} process=${process%/cgroup}
    case $own in *" $process "*) continue ;; esac
    # One that has ended waits for its parent only.
    case $(sed -n 's/^State:[[:space:]]*//p' "/proc/$process/status" 2>/dev/null) in '' | Z*) continue ;; esac
    kill -9 "$process" 2>/dev/null
    left="$left $process"
  done
  if [ -z "$left" ]; then break; fi
  attempts=$((attempts + 1))
  if [ "$attempts" -ge 100 ]; then
    fail "these processes do not end:$left"
    break
  fi
  sleep 0.1
done
for program in ctr kubeadm kubectl helm registry kubelet etcdctl etcdutl runc containerd containerd-shim-runc-v2; do
  grep -qsE "^absent [0-9]+ /usr/local/bin/$program\$" "$record/list" || continue
  for process in /proc/[0-9]*; do
    case $(readlink "$process/exe" 2>/dev/null) in
      "/usr/local/bin/$program" | "/usr/local/bin/$program (deleted)") kill -9 "${process#/proc/}" 2>/dev/null ;;
    esac
  done
done

say "unmounting"
attempts=0
while :; do
  mounts=$(awk '$2 ~ "^(/var/lib/kubelet|/run/containerd|/var/lib/containerd|/run/netns/cni-|/run/flannel)/" || $2 ~ "^/run/netns/cni-" { print $2 }' /proc/mounts | sort -r)
  if [ -z "$mounts" ]; then break; fi
  attempts=$((attempts + 1))
  if [ "$attempts" -ge 6 ]; then
    fail "cannot unmount" "$mounts"
    break
  fi
  if [ "$attempts" -eq 3 ]; then sleep 0.5; fi
  for mount in $mounts; do
    mount=$(printf '%b' "$mount")
    if [ "$attempts" -lt 4 ]; then umount "$mount" 2>/dev/null; else umount -l "$mount" 2>/dev/null; fi
  done
done
for name in /run/netns/cni-*; do if [ -e "$name" ]; then rm -f "$name"; fi; done

systemctl stop 'kubepods*.slice' 'cri-containerd-*.scope' 2>/dev/null
find /sys/fs/cgroup -depth -type d \( -path '*/kubepods*' -o -path '*/landfall' -o -path '*/landfall/*' \
  -o -path '*/system.slice/containerd.service*' -o -path '*/system.slice/kubelet.service*' \) -exec rmdir {} + 2>/dev/null

say "removing network devices and rules"
for device in cni0 flannel.1 flannel-v6.1 kube-ipvs0; do
  grep -qsx "$device" "$record/devices" || ip link delete "$device" 2>/dev/null
done
for command in iptables ip6tables iptables-legacy ip6tables-legacy; do
  command -v "$command-save" >/dev/null 2>&1 || continue
  # Asking for the old kind of tables would make them.
  case $command in
    iptables-legacy) [ -s /proc/net/ip_tables_names ] || continue ;;
    ip6tables-legacy) [ -s /proc/net/ip6_tables_names ] || continue ;;
  esac
  before=$record/rules.$command
  rules=$("$command-save" -c 2>/dev/null) || continue
  # Counters do not count; a rule or chain like ours that was there before is not ours.
  kept=$(printf '%s\n' "$rules" | awk -v before="$before" '
    function bare(line) { sub(/^\[[0-9:]*\] /, "", line); sub(/ \[[0-9:]*\]$/, "", line); return line }
    BEGIN { while ((getline line < before) > 0) old[bare(line)] = 1 }
    /KUBE-|FLANNEL-|CNI-/ { if (!(bare($0) in old)) next }
    { print }')
  if [ "$kept" != "$rules" ]; then
    printf '%s\n' "$kept" | "$command-restore" -c 2>/dev/null || fail "cannot remove our rules from $command"
  fi
  # Tables that were not there before and hold nothing: given to restore without a chain, they go.
  printf '%s\n' "$kept" | awk -v before="$before" '
    BEGIN { while ((getline line < before) > 0) old[line] = 1 }
    /^\*/ { table = $0; used = 0 }
    /^(\[[0-9:]*\] )?-A/ || (/^:/ && $2 != "ACCEPT") { used = 1 }
    /^COMMIT/ { if (!used && !(table in old)) { print table; print "COMMIT" } }' | "$command-restore" 2>/dev/null
done
if command -v nft >/dev/null 2>&1; then
  for table in 'ip kube-proxy' 'ip6 kube-proxy' 'ip flannel-ipv4' 'ip6 flannel-ipv6'; do
    # shellcheck disable=SC2086
    grep -qsx "table $table" "$record/nft" || nft delete table $table 2>/dev/null
  done
fi

volumes=/var/lib/landfall-volumes
if [ "$data" = keep ] && [ -n "$(ls -A "$state/volumes" 2>/dev/null)" ]; then
  say "keeping the data of applications in $volumes"
  mkdir -p "$volumes"
  for volume in "$state/volumes"/*; do
    target=$volumes/${volume##*/} copy=0
    while [ -e "$target" ]; do copy=$((copy + 1)) target=$volumes/${volume##*/}.$copy; done
    mv "$volume" "$target" || fail "cannot keep $volume"
  done
fi
[ -z "$failed" ]
