# Prints what is to be known of a host, a `key value` line each. Reads only; needs no tool beyond POSIX and procfs.
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
say() { printf '%s %s\n' "$1" "$2"; }
say hostname "$(cat /proc/sys/kernel/hostname)"
say machine-id "$(cat /etc/machine-id 2>/dev/null)"
if [ -r /etc/os-release ]; then
  # shellcheck source=/dev/null
  (. /etc/os-release; say distribution-id "${ID-}"; say distribution-version "${VERSION_ID-}"; say distribution-name "${PRETTY_NAME-}")
fi
say kernel "$(uname -r)"
say architecture "$(uname -m)"
if [ "$(stat -fc %T /sys/fs/cgroup 2>/dev/null)" = cgroup2fs ]; then say cgroup 2; else say cgroup 1; fi
say systemd "$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')"
say processors "$(nproc 2>/dev/null || grep -c ^processor /proc/cpuinfo)"
while read -r key value _; do
  case $key in
    MemTotal:) say memory-kib "$value" ;;
    SwapTotal:) say swap-kib "$value" ;;
  esac
done </proc/meminfo
say open-files "$(sed -n 's/^Max open files *[^ ]* *\([^ ]*\).*/\1/p' /proc/self/limits)"
# Tried on a process of its own: whether the kernel lets root lower its own score.
if (echo -1 >/proc/self/oom_score_adj) 2>/dev/null; then say lower-oom yes; else say lower-oom no; fi
if [ -e /proc/sys/net/netfilter/nf_conntrack_max ]; then
  current=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
  if (printf %s "$current" >/proc/sys/net/netfilter/nf_conntrack_max) 2>/dev/null; then say set-conntrack yes; else say set-conntrack no; fi
else
  say set-conntrack yes
fi
for path in / /var/lib /var/lib/containerd /var/lib/kubelet /var/lib/etcd /var/lib/landfall /usr/local/bin /tmp; do
  [ -d "$path" ] || continue
  # shellcheck disable=SC2046
  set -- $(df -PTk "$path" 2>/dev/null | sed -n 2p)
  [ $# -ge 7 ] && say mount "$path $7 $2 $3 $5"
done
ip -o -4 addr show 2>/dev/null | while read -r _ name _ address _; do
  say address "$name $address $(cat "/sys/class/net/${name%%@*}/mtu" 2>/dev/null)"
done
ip -o -4 route show 2>/dev/null | while read -r destination rest; do
  interface=$(printf %s "$rest" | sed -n 's/.*dev \([^ ]*\).*/\1/p')
  say route "$destination $interface"
done
say time "$(date +%s)"
if command -v ss >/dev/null 2>&1; then
  ss -Hltnp 2>/dev/null | while read -r _ _ _ local _ process; do say listen "$local ${process:-?}"; done
fi
for tool in modprobe iptables ip mount nsenter tar gzip sha256sum base64 conntrack ethtool socat ss systemd-run sudo firewall-cmd ufw docker podman; do
  command -v "$tool" >/dev/null 2>&1 && say tool "$tool"
done
if command -v getenforce >/dev/null 2>&1; then say selinux "$(getenforce)"; else say selinux Disabled; fi
for path in /etc/kubernetes/manifests /etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf /var/lib/etcd/member /etc/cni/net.d /var/lib/landfall; do
  [ -e "$path" ] && [ -n "$(ls -A "$path" 2>/dev/null)" ] && say leftover "$path"
done
for unit in containerd docker kubelet k3s k0scontroller rke2-server; do
  file=$(systemctl show -p FragmentPath --value "$unit.service" 2>/dev/null)
  [ -n "$file" ] && say unit "$unit $file"
done
exit 0
