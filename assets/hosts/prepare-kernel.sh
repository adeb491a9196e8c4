# Loads the modules and applies the sysctls of our own file, and proves each; turns swap off.
# Before the first change it notes what Kubernetes will change in the kernel, for reset.
# $1 path of the sysctl file   $2 folder of the record   $3… modules
set -eu
sysctls=$1 record=$2
shift 2
umask 077
mkdir -p "$record"
if [ ! -e "$record/sysctl" ]; then
  for command in iptables ip6tables iptables-legacy ip6tables-legacy; do
    command -v "$command-save" >/dev/null 2>&1 || continue
    # Asking for the old kind of tables would make them.
    case $command in
      iptables-legacy) [ -s /proc/net/ip_tables_names ] || continue ;;
      ip6tables-legacy) [ -s /proc/net/ip6_tables_names ] || continue ;;
    esac
    "$command-save" 2>/dev/null | sed '/^#/d; s/ \[[0-9]*:[0-9]*\]$//' >"$record/rules.$command"
  done
  if command -v nft >/dev/null 2>&1; then nft list tables >"$record/nft" 2>/dev/null || :; fi
  ls /sys/class/net >"$record/devices"
  if [ "$(wc -l </proc/swaps)" -gt 1 ]; then sed 1d /proc/swaps | awk '{ print $1, $5 }' >"$record/swap"; fi
  for module in "$@"; do
    if [ -d "/sys/module/$module" ] || grep -qw "$module" /proc/filesystems; then continue; fi
    if modprobe --dry-run "$module" 2>/dev/null; then echo "$module"; fi
  done >"$record/modules"
  # Ours, and those that the kubelet and kube-proxy set by themselves.
  for key in $(sed -n 's/^\([a-z][^ =]*\).*/\1/p' "$sysctls") vm.overcommit_memory kernel.panic kernel.panic_on_oops \
    kernel.keys.root_maxkeys kernel.keys.root_maxbytes net.ipv4.conf.all.route_localnet net.ipv4.vs.conntrack \
    net.ipv4.vs.expire_nodest_conn \
    net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_tcp_timeout_established \
    net.netfilter.nf_conntrack_tcp_timeout_close_wait net.netfilter.nf_conntrack_tcp_be_liberal; do
    file=/proc/sys/$(printf %s "$key" | tr . /)
    if [ -e "$file" ]; then printf '%s=%s\n' "$key" "$(cat "$file")"; fi
  done >"$record/sysctl.new"
  # It comes last: with it the record is whole, and reset knows that an install began here.
  sync -f "$record" 2>/dev/null || sync
  mv "$record/sysctl.new" "$record/sysctl"
fi
umask 022
for module in "$@"; do
  if [ -d "/sys/module/$module" ] || grep -qw "$module" /proc/filesystems; then continue; fi
  modprobe "$module" 2>/dev/null || :
done
# A kernel with these built in has no module to load, so the proof is what they bring.
grep -qw overlay /proc/filesystems || { echo "the kernel has no overlay file system" >&2; exit 3; }
[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || { echo "the kernel has no br_netfilter" >&2; exit 3; }
while IFS='= ' read -r key value; do
  case $key in '' | '#'*) continue ;; esac
  file=/proc/sys/$(printf %s "$key" | tr . /)
  [ -e "$file" ] || continue
  current=$(cat "$file")
  [ "$current" = "$value" ] && continue
  case $key in
    # Limits are only raised, never lowered.
    fs.inotify.*) [ "$current" -ge "$value" ] && continue ;;
  esac
  printf %s "$value" 2>/dev/null >"$file" || { echo "$key cannot be set to $value (it is $current)" >&2; exit 3; }
done <"$sysctls"
if [ "$(wc -l </proc/swaps)" -gt 1 ]; then swapoff -a; fi
