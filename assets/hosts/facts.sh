# Prints what is to be known of a host, a `key value` line each. Reads only; needs no tool beyond POSIX and procfs, and
# says nothing where it cannot know. One round trip, so it starts few programs.
# Tells these facts from those of an older script.
echo begin landfall-facts
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
say() { printf '%s %s\n' "$1" "$2"; }
has() { command -v "$1" >/dev/null 2>&1; }
# First line of a file, without starting a program.
first_line() { IFS= read -r "$1" 2>/dev/null <"$2"; }
say_file() { if [ -r "$2" ] && first_line value "$2"; then say "$1" "$value"; fi; }
value=

say_file hostname /proc/sys/kernel/hostname
say machine-id "$(cat /etc/machine-id 2>/dev/null)"
if [ -r /etc/os-release ]; then
  # shellcheck source=/dev/null
  (. /etc/os-release; say distribution-id "${ID-}"; say distribution-version "${VERSION_ID-}"; say distribution-name "${PRETTY_NAME-}"; say distribution-like "${ID_LIKE-}")
fi
kernel=$(uname -r)
say kernel "$kernel"
say architecture "$(uname -m)"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  say cgroup 2
  say_file cgroup-controllers /sys/fs/cgroup/cgroup.controllers
else
  say cgroup 1
  controllers=
  while read -r name _ _ enabled; do [ "$enabled" = 1 ] && controllers="$controllers $name"; done 2>/dev/null </proc/cgroups
  say cgroup-controllers "${controllers# }"
fi
say systemd "$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')"
say_file init /proc/1/comm
if has systemd-detect-virt; then say virtualization "$(systemd-detect-virt 2>/dev/null)"; fi

say processors "$(nproc 2>/dev/null || grep -c ^processor /proc/cpuinfo)"
sed -n '/^flags[[:space:]]*:/{s/^[^:]*: */processor-flags /p;q;}' /proc/cpuinfo
say_file load /proc/loadavg
while read -r key value _; do
  case $key in
    MemTotal:) say memory-kib "$value" ;;
    MemAvailable:) say memory-available-kib "$value" ;;
    SwapTotal:) say swap-kib "$value"; swap=$value ;;
    SwapFree:) say swap-used-kib "$((${swap:-0} - value))" ;;
    HugePages_Total:) pages=$value ;;
    Hugepagesize:) say huge-pages-kib "$((${pages:-0} * value))" ;;
  esac
done </proc/meminfo
for file in /sys/devices/system/edac/mc/mc*/ue_count; do say_file memory-errors "$file"; done
say open-files "$(sed -n 's/^Max open files *[^ ]* *\([^ ]*\).*/\1/p' /proc/self/limits)"
# Tried on a process of its own: whether the kernel lets root lower its own score.
if (echo -1 >/proc/self/oom_score_adj) 2>/dev/null; then say lower-oom yes; else say lower-oom no; fi
if [ -e /proc/sys/net/netfilter/nf_conntrack_max ]; then
  # By cat: the kernel gives such a file in one piece or not at all, and the shell reads byte by byte.
  current=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
  if (printf %s "$current" >/proc/sys/net/netfilter/nf_conntrack_max) 2>/dev/null; then say set-conntrack yes; else say set-conntrack no; fi
else
  say set-conntrack yes
fi

# Files systems. Two calls for all paths; a path that is missing stands for the folder it would be made in.
paths=
for path in / /var/lib /var/lib/containerd /var/lib/kubelet /var/lib/etcd /var/lib/landfall /usr/local/bin /etc /opt /tmp; do
  [ -d "$path" ] && paths="$paths $path"
done
# shellcheck disable=SC2086
df -PTk $paths 2>/dev/null | {
  read -r _
  # shellcheck disable=SC2086
  set -- $paths
  while read -r _ type total _ free _ mount; do
    say mount "$1 $mount $type $total $free"
    shift
  done
}
# shellcheck disable=SC2086
df -Pi $paths 2>/dev/null | {
  read -r _
  # shellcheck disable=SC2086
  set -- $paths
  while read -r _ inodes _ free _; do
    say inodes "$1 $inodes $free"
    shift
  done
}
while read -r device mount type options _; do
  case $type in
    proc | sysfs | cgroup | cgroup2 | devpts | mqueue | debugfs | tracefs | securityfs | bpf | pstore | configfs | fusectl | hugetlbfs | autofs | binfmt_misc | rpc_pipefs | nsfs | efivarfs | selinuxfs) continue ;;
  esac
  case $mount in
    /proc/* | /sys/* | /dev/* | /run/host/* | /run/credentials/* | /run/user/* | /snap/*) continue ;;
    /var/lib/kubelet/pods/* | /run/containerd/* | /run/netns/* | /var/lib/docker/* | /var/lib/containers/*) say container-mount "$mount"; continue ;;
  esac
  say mounted "$mount $type $options $device"
done </proc/mounts
# Also false for root where a file system is read-only or a file may not be changed (chattr +i).
for path in / /etc /etc/hosts /usr/local/bin /etc/systemd/system /var/lib /opt /tmp; do
  [ -e "$path" ] || continue
  if [ ! -w "$path" ]; then say not-writable "$path"; fi
done
for path in /var/lib/containerd /var/lib/kubelet /var/lib/etcd /var/lib/landfall /etc/kubernetes /etc/cni /opt/cni /usr/local/bin; do
  [ -L "$path" ] && say link "$path $(readlink "$path")"
done
# Folders every user must be able to pass: containers and the kubelet's helpers do not run as root.
# shellcheck disable=SC2012
ls -ld / /var /var/lib /usr /usr/local /usr/local/bin /etc /opt /tmp 2>/dev/null | while read -r mode _ owner _ _ _ _ _ path _; do say permissions "$path $mode $owner"; done
for file in /sys/fs/ext4/*/errors_count; do
  [ -r "$file" ] && first_line value "$file" && [ "$value" != 0 ] && { device=${file%/*}; say disk-errors "${device##*/} $value"; }
done
if [ -r /proc/mdstat ]; then sed -n '/^md/{s/^\(md[^ ]*\).*/\1/;h;};/\[[U_]*_[U_]*\]/{x;s/^/raid-degraded /p;x;}' /proc/mdstat; fi
for device in /sys/block/*; do
  name=${device##*/}
  case $name in loop* | ram* | zram* | sr* | fd* | nbd* | '*') continue ;; esac
  first_line sectors "$device/size" || continue
  first_line rotational "$device/queue/rotational" || rotational='?'
  first_line removable "$device/removable" || removable='?'
  # shellcheck disable=SC2154
  say disk "$name $sectors $rotational $removable"
done
say swaps "$(sed -n '2,$s/^\([^ ]*\).*/\1/p' /proc/swaps 2>/dev/null | tr '\n' ' ')"

# Network.
ip -o -4 addr show 2>/dev/null | while read -r _ name _ address rest; do
  mtu=
  first_line mtu "/sys/class/net/${name%%@*}/mtu"
  say address "$name $address $mtu"
  case " $rest " in *' dynamic '*) say address-dynamic "$address" ;; esac
done
for device in /sys/class/net/*; do
  [ -e "$device" ] || continue
  name=${device##*/}
  hardware='?' state='?' speed='?' duplex='?'
  first_line hardware "$device/address"
  first_line state "$device/operstate"
  first_line speed "$device/speed"
  first_line duplex "$device/duplex"
  if [ -e "$device/device" ]; then kind=device; else kind=virtual; fi
  say interface "$name ${hardware:-?} ${state:-?} ${speed:-?} ${duplex:-?} $kind"
done
ip -o -4 route show 2>/dev/null | while read -r destination rest; do
  interface=${rest#*dev }
  [ "$interface" = "$rest" ] && interface=
  metric=${rest#*metric }
  [ "$metric" = "$rest" ] && metric=0
  say route "$destination ${interface%% *} ${metric%% *}"
done
ip -o -4 neigh show 2>/dev/null | while read -r address rest; do
  case $rest in *lladdr*) rest=${rest#*lladdr }; say neighbour "$address ${rest%% *}" ;; esac
done
if [ -r /etc/resolv.conf ]; then
  while read -r key rest; do
    case $key in
      nameserver) say nameserver "$rest" ;;
      search | domain) say dns-search "$rest" ;;
      options) say dns-options "$rest" ;;
    esac
  done </etc/resolv.conf
else
  say no-resolv-conf yes
fi
[ -r /run/systemd/resolve/resolv.conf ] && sed -n 's/^nameserver /upstream-nameserver /p' /run/systemd/resolve/resolv.conf
while read -r address names; do
  case $address in '' | '#'*) continue ;; esac
  say hosts-line "$address $names"
done 2>/dev/null </etc/hosts
cd /proc/sys && grep -s '' net/ipv4/ip_forward net/ipv4/conf/all/forwarding net/ipv4/conf/default/forwarding net/bridge/bridge-nf-call-iptables \
  net/ipv4/conf/all/rp_filter net/ipv4/conf/default/rp_filter net/ipv4/conf/all/arp_ignore net/ipv4/conf/all/arp_filter \
  net/ipv4/conf/default/arp_ignore net/ipv4/conf/default/arp_filter net/ipv4/ip_local_port_range net/ipv4/ip_local_reserved_ports \
  net/ipv4/icmp_echo_ignore_all net/ipv4/tcp_tw_recycle net/ipv4/neigh/default/gc_thresh3 fs/inotify/max_user_instances fs/inotify/max_user_watches fs/file-max \
  kernel/pid_max kernel/threads-max vm/max_map_count vm/overcommit_memory user/max_user_namespaces net/netfilter/nf_conntrack_max kernel/modules_disabled | sed 's/^\([^:]*\):/sysctl \1 /'
cd /
# Settings that come back with the next boot, in the order systemd applies them.
for file in /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/lib/sysctl.d/*.conf /etc/sysctl.conf; do
  [ -r "$file" ] || continue
  while IFS= read -r line; do
    case $line in
      *net?ipv4?ip_forward* | *net?ipv4?conf?all?forwarding* | *bridge-nf-call-iptables*) ;;
      *) continue ;;
    esac
    case $line in '#'* | ';'*) continue ;; esac
    say sysctl-file "$file $line"
  done <"$file"
done

# Layers of images need it of XFS, and old ones were made without.
if has xfs_info; then
  for path in /var/lib/containerd /var/lib; do
    [ -d "$path" ] || continue
    ftype=$(xfs_info "$path" 2>/dev/null | sed -n 's/.*ftype=\([01]\).*/\1/p')
    [ -n "$ftype" ] && say xfs-ftype "$ftype"
    break
  done
fi

# Time.
now=$(date '+%s %N')
say time "${now%% *}"
say_file uptime /proc/uptime
if [ -L /etc/localtime ]; then
  zone=$(readlink /etc/localtime)
  say timezone "${zone##*/zoneinfo/}"
fi
# Third line of /etc/adjtime: whether the clock of the machine keeps local time.
sed -n '3s/^/hardware-clock /p' /etc/adjtime 2>/dev/null
say_file clock-source /sys/devices/system/clocksource/clocksource0/current_clocksource
if [ -e /run/systemd/timesync/synchronized ]; then say synchronised timesyncd; fi
if has chronyc; then say chrony "$(chronyc -n -c tracking 2>/dev/null)"; fi

# What listens, with the process and its unit.
units_of() {
  for pid in $1; do
    unit=
    while IFS= read -r line; do
      case $line in *.service*) unit=${line%%.service*}; unit=${unit##*/}.service ;; esac
    done 2>/dev/null <"/proc/$pid/cgroup"
    [ -n "$unit" ] && say process-unit "$pid $unit"
  done
}
if has ss; then
  listening=$(ss -Hltnp 2>/dev/null)
  printf '%s\n' "$listening" | while read -r _ _ _ local _ process; do [ -n "$local" ] && say listen "$local ${process:-?}"; done
  datagrams=$(ss -Hlunp 2>/dev/null)
  printf '%s\n' "$datagrams" | while read -r _ _ _ local _ process; do [ -n "$local" ] && say listen-udp "$local ${process:-?}"; done
  say sockets ss
  units_of "$(printf '%s\n%s\n' "$listening" "$datagrams" | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | sort -u | tr '\n' ' ')"
else
  # 0A is LISTEN; the numbers are as the kernel writes them, in hexadecimal.
  for file in /proc/net/tcp /proc/net/tcp6; do
    while read -r _ local _ state _; do [ "$state" = 0A ] && say listen-raw "tcp $local"; done 2>/dev/null <"$file"
  done
  for file in /proc/net/udp /proc/net/udp6; do
    while read -r _ local _ state _; do [ "$state" = 07 ] && say listen-raw "udp $local"; done 2>/dev/null <"$file"
  done
  say sockets proc
fi

# Programs.
for tool in modprobe iptables ip mount nsenter tar gzip sha256sum base64 conntrack ethtool socat ss systemd-run sudo firewall-cmd ufw docker podman \
  awk sed grep find cut tr mv cp df umount mountpoint tc touch perl python3 ping nft bash timeout dd chronyc swapoff readlink head xargs; do
  has "$tool" && say tool "$tool"
done
[ -x /usr/libexec/platform-python ] && say tool platform-python
for program in kubelet kubeadm kubectl containerd containerd-shim-runc-v2 ctr runc etcdctl helm registry; do
  [ -e "/usr/local/bin/$program" ] && say program "/usr/local/bin/$program"
done

# Security.
if has getenforce; then say selinux "$(getenforce)"; else say selinux Disabled; fi
say_file apparmor /sys/module/apparmor/parameters/enabled
say_file lockdown /sys/kernel/security/lockdown
[ -r /etc/ufw/ufw.conf ] && sed -n 's/^ENABLED=/ufw-enabled /p' /etc/ufw/ufw.conf
for variable in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
  eval "value=\${$variable-}"
  [ -n "$value" ] && printf 'proxy %s=%s\n' "$variable" "$value"
done | sed 's#//[^/@ ]*@#//#'
[ -r /etc/environment ] && sed -n 's#//[^/@ ]*@#//#;s/^\(export \)\{0,1\}\([a-zA-Z]*_\(proxy\|PROXY\)=.*\)/proxy \2/p' /etc/environment

# Kernel features. Nothing is loaded by looking.
say filesystems "$(sed 's/^nodev//;s/[[:space:]]//g' /proc/filesystems | tr '\n' ' ')"
configuration=
if [ -r "/boot/config-$kernel" ]; then configuration=$(cat "/boot/config-$kernel")
elif [ -r "/lib/modules/$kernel/config" ]; then configuration=$(cat "/lib/modules/$kernel/config")
elif [ -r /proc/config.gz ]; then configuration=$(gzip -dc /proc/config.gz 2>/dev/null); fi
configured() { case $configuration in *"
$1=y"* | *"
$1=m"*) return 0 ;; esac; return 1; }
# $1 name of the feature   $2 module   $3 option of the kernel   $4 what is there when it works   $5… a try that leaves nothing
feature() {
  name=$1 module=$2 option=$3 evidence=$4
  shift 4
  answer=unknown
  if [ -n "$evidence" ] && [ -e "$evidence" ]; then answer=yes
  elif [ -e "/sys/module/$module" ]; then answer=yes
  elif has modprobe && modprobe -n -q "$module" 2>/dev/null; then answer=loadable
  elif [ -n "$configuration" ]; then
    case $configuration in *"
$option=y"*) answer=yes ;; *) answer=no ;; esac
  # A kernel that can load nothing can be asked by trying; in a network of its own, gone with the command.
  elif [ ! -d "/lib/modules/$kernel" ] && [ $# -gt 0 ]; then
    if "$@" >/dev/null 2>&1; then answer=yes; else answer=no; fi
  fi
  say feature "$name $answer"
}
if grep -qw overlay /proc/filesystems; then say feature 'overlay yes'; else feature overlay overlay CONFIG_OVERLAY_FS ''; fi
feature br_netfilter br_netfilter CONFIG_BRIDGE_NETFILTER /proc/sys/net/bridge/bridge-nf-call-iptables
feature nf_conntrack nf_conntrack CONFIG_NF_CONNTRACK /proc/sys/net/netfilter/nf_conntrack_max
feature vxlan vxlan CONFIG_VXLAN '' unshare -n ip link add vxlan0 type vxlan id 1 dstport 8472
feature bridge bridge CONFIG_BRIDGE /proc/sys/net/bridge unshare -n ip link add bridge0 type bridge
feature veth veth CONFIG_VETH '' unshare -n ip link add veth0 type veth peer name veth1
feature nf_tables nf_tables CONFIG_NF_TABLES '' unshare -n iptables-nft -t filter -S
feature ip_tables ip_tables CONFIG_IP_NF_IPTABLES /proc/net/ip_tables_names
feature xt_comment xt_comment CONFIG_NETFILTER_XT_MATCH_COMMENT '' unshare -n iptables -A INPUT -m comment --comment x -j ACCEPT
feature xt_statistic xt_statistic CONFIG_NETFILTER_XT_MATCH_STATISTIC '' unshare -n iptables -A INPUT -m statistic --mode random --probability 0.5 -j ACCEPT
feature xt_masquerade xt_MASQUERADE CONFIG_NETFILTER_XT_TARGET_MASQUERADE '' unshare -n iptables -t nat -A POSTROUTING -j MASQUERADE
# Wanted by a driver of the load balancer only.
feature ip_vs ip_vs CONFIG_IP_VS /proc/net/ip_vs test -e /proc/net/ip_vs
feature ip_vs_rr ip_vs_rr CONFIG_IP_VS_RR ''
for name in net pid ipc uts mnt user cgroup; do [ -e "/proc/self/ns/$name" ] && say namespace "$name"; done
if grep -q '^Seccomp:' /proc/self/status; then say seccomp yes; else say seccomp no; fi
for option in CONFIG_CFS_BANDWIDTH CONFIG_FAIR_GROUP_SCHED CONFIG_MEMCG CONFIG_CGROUP_PIDS; do
  [ -n "$configuration" ] || break
  if configured "$option"; then say kernel-option "$option y"; else say kernel-option "$option n"; fi
done
if [ -d "/lib/modules/$kernel" ]; then say modules-folder yes; elif [ -n "$(ls /lib/modules 2>/dev/null)" ]; then say modules-folder no; fi
if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then say reboot-required yes; fi
if has iptables; then say iptables-version "$(iptables -V 2>/dev/null)"; fi
if has iptables-save; then
  iptables-save 2>/dev/null | {
    table='' input='' forward='' drops=0 own=0
    while read -r word rest; do
      case $word in
        '*'*) table=${word#\*} ;;
        :INPUT) [ "$table" = filter ] && input=${rest%% *} ;;
        :FORWARD) [ "$table" = filter ] && forward=${rest%% *} ;;
        :KUBE-* | :CNI-* | :FLANNEL-* | :cali-* | :CILIUM_* | :WEAVE-*) own=$((own + 1)); chain=${word#:} ;;
        -A) case "$table $rest" in
          'filter INPUT '*'-j DROP'* | 'filter INPUT '*'-j REJECT'*)
            # The kubelet and kube-proxy drop what is invalid or marked; that is no firewall.
            case $rest in *KUBE-*) ;; *) drops=$((drops + 1)) ;; esac ;;
        esac ;;
      esac
    done
    say firewall-policy "${input:-ACCEPT} ${forward:-ACCEPT} $drops"
    [ "$own" -gt 0 ] && say cluster-chains "$own $chain"
  }
  if has iptables-legacy-save && has iptables-nft-save; then
    say legacy-rules "$(iptables-legacy-save 2>/dev/null | grep -c '^-A')"
    say nft-rules "$(iptables-nft-save 2>/dev/null | grep -c '^-A')"
  fi
fi
if [ -r /proc/net/ip_vs ]; then say ipvs-services "$(grep -cE '^(TCP|UDP|SCTP)' /proc/net/ip_vs)"; fi

# What older clusters and container runtimes left.
for path in /etc/kubernetes/manifests /etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf /etc/kubernetes/bootstrap-kubelet.conf /etc/kubernetes/pki \
  /var/lib/etcd/member /etc/cni/net.d /var/lib/landfall /var/lib/kubelet/config.yaml /var/lib/kubelet/pki /var/lib/kubelet/pods /var/lib/containerd/io.containerd.metadata.v1.bolt \
  /etc/containerd/config.toml /var/lib/docker /var/lib/containers/storage /var/lib/rancher /var/lib/k0s /var/snap/microk8s /var/lib/calico /var/lib/cni/networks /etc/flannel /run/flannel /opt/cni/bin /root/.sealos; do
  [ -e "$path" ] || continue
  if [ -d "$path" ]; then
    set -- "$path"/*
    [ -e "$1" ] || continue
  elif [ ! -s "$path" ]; then continue; fi
  say leftover "$path"
done
# Noted before the first change of an install; the record alone may be that of a host that was only mended.
if [ -e /var/lib/landfall/changes/sysctl ]; then
  cluster=
  for file in /etc/kubernetes/admin.conf /var/lib/landfall/discovery.conf; do
    [ -n "$cluster" ] || cluster=$(sed -n '/^clusters:/,/^[a-z-]*:[^:]*$/s/^[- ]*name: *//p' "$file" 2>/dev/null | head -n 1)
  done
  say own "${cluster:-?}"
fi
if has systemctl; then
  say systemd-state "$(systemctl is-system-running 2>/dev/null)"
  systemctl --failed --no-legend --plain 2>/dev/null | while read -r unit _; do [ -n "$unit" ] && say failed-unit "$unit"; done
  name='' load='' active='' enabled='' fragment=''
  {
    systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState -p FragmentPath \
      containerd.service docker.service docker.socket kubelet.service k3s.service k3s-agent.service k0scontroller.service k0sworker.service \
      rke2-server.service rke2-agent.service crio.service podman.socket etcd.service haproxy.service keepalived.service snap.microk8s.daemon-kubelite.service \
      firewalld.service ufw.service nftables.service fapolicyd.service auditd.service NetworkManager.service nm-cloud-setup.service nm-cloud-setup.timer \
      systemd-timesyncd.service chronyd.service chrony.service ntpd.service ntp.service ntpsec.service openntpd.service ptp4l.service \
      systemd-resolved.service unattended-upgrades.service dnf-automatic.timer yum-cron.service packagekit.service systemd-oomd.service earlyoom.service tuned.service irqbalance.service 2>/dev/null
    echo
  } | while IFS= read -r line; do
    case $line in
      Id=*) name=${line#Id=} ;;
      LoadState=*) load=${line#LoadState=} ;;
      ActiveState=*) active=${line#ActiveState=} ;;
      UnitFileState=*) enabled=${line#UnitFileState=} ;;
      FragmentPath=*) fragment=${line#FragmentPath=} ;;
      '')
        if [ -n "$name" ] && [ "$load" != not-found ]; then
          say unit-state "$name $load $active ${enabled:--} ${fragment:--}"
          case $name in
            containerd.service | docker.service | kubelet.service | k3s.service | k0scontroller.service | rke2-server.service)
              [ -n "$fragment" ] && say unit "${name%.service} $fragment" ;;
          esac
        fi
        name='' load='' active='' enabled='' fragment=''
        ;;
    esac
  done
fi
# One program for all processes: which of them matter here.
cat /proc/[0-9]*/comm 2>/dev/null | sort | uniq -c | while read -r count name; do
  case $name in
    kube-apiserver | kube-controller | kube-scheduler | kube-proxy | kubelet | etcd | k3s* | k0s | rke2 | containerd | containerd-shim* | dockerd | crio | conmon | flanneld | calico-node | cilium-agent | haproxy | keepalived | \
      apt | apt-get | dpkg | aptitude | dnf | yum | zypper | rpm | unattended-upgr | packagekitd | \
      falcon-sensor* | wdavdaemon | cbagentd | cbdaemon | ds_agent | sentinelone* | s1-agent | AliYunDun* | YDService | hostguard | kesl | ekrn | clamd | savd | osqueryd | wazuh-agentd | qualys-cloud-ag | elastic-agent | xagt | taniumclient | TaniumClient)
      say process "$name $count" ;;
  esac
done
if [ -r /var/lib/dpkg/status ]; then
  say packages-broken "$(grep -cE '^Status: .* (half-installed|half-configured|unpacked)$' /var/lib/dpkg/status)"
elif [ -d /var/lib/rpm ] || [ -d /usr/lib/sysimage/rpm ]; then
  say packages-broken 0
fi
if [ -r /etc/apt/apt.conf.d/20auto-upgrades ]; then sed -n 's/.*Unattended-Upgrade "\(.\)".*/automatic-updates \1/p' /etc/apt/apt.conf.d/20auto-upgrades; fi

# The limits of the SSH server, as it reads its own files.
if has sshd; then
  sshd -T 2>/dev/null | while read -r key rest; do
    case $key in
      maxsessions | maxstartups | usedns | allowtcpforwarding | clientaliveinterval | clientalivecountmax | permitrootlogin | forcecommand | chrootdirectory) say ssh "$key $rest" ;;
    esac
  done
fi
for file in /etc/ssh/ssh_host_*_key.pub; do
  [ -r "$file" ] && read -r kind key _ <"$file" && say ssh-host-key "$kind $key"
done
for device in /sys/bus/pci/devices/*; do
  first_line class "$device/class" || continue
  # shellcheck disable=SC2154
  case $class in
    0x0300* | 0x0302* | 0x1200*) first_line vendor "$device/vendor" && say gpu "${device##*/} $vendor" ;;
  esac
done
say end "$(($(date +%s) - ${now%% *}))"
exit 0
