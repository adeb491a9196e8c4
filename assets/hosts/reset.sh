# Gives a host back as it was: ends what Landfall started, and undoes what its record says was changed.
# Works from the host's own record only, and a second run goes on where an interrupted one stopped.
# $1 data of applications on this host: delete|keep
set -u
data=$1
PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
state=/var/lib/landfall
record=$state/changes
say() { printf '%s\n' "$*"; }

if [ ! -d "$record" ]; then
  say "nothing of Landfall is on this host"
  exit 0
fi

say "stopping services"
for unit in landfall-kubeadm kubelet landfall-load-balancer landfall-registry; do
  systemctl stop "$unit" 2>/dev/null
  systemctl disable --quiet "$unit" 2>/dev/null
done

if systemctl is-active --quiet containerd && [ -x /usr/local/bin/ctr ]; then
  say "ending containers"
  for namespace in k8s.io landfall; do
    ctr -n "$namespace" tasks ls -q 2>/dev/null | while read -r task; do
      ctr -n "$namespace" tasks kill --all --signal SIGKILL "$task" >/dev/null 2>&1
      ctr -n "$namespace" tasks delete --force "$task" >/dev/null 2>&1
    done
    ctr -n "$namespace" containers ls -q 2>/dev/null | while read -r container; do
      ctr -n "$namespace" containers delete "$container" >/dev/null 2>&1
    done
  done
fi
systemctl stop containerd 2>/dev/null
systemctl disable --quiet containerd 2>/dev/null
# Shims outlive containerd on purpose; they are known by the program they run, which is ours.
for process in /proc/[0-9]*; do
  program=$(readlink "$process/exe" 2>/dev/null) || continue
  case $program in
    /usr/local/bin/containerd-shim-runc-v2*) kill -9 "${process#/proc/}" 2>/dev/null ;;
  esac
done

say "unmounting"
attempts=0
while :; do
  mounts=$(awk '$2 ~ "^(/var/lib/kubelet|/run/containerd|/var/lib/containerd|/run/netns/cni-|/run/flannel)/" || $2 ~ "^/run/netns/cni-" { print $2 }' /proc/mounts | sort -r)
  [ -n "$mounts" ] || break
  attempts=$((attempts + 1))
  for mount in $mounts; do
    mount=$(printf '%b' "$mount")
    if [ "$attempts" -lt 3 ]; then umount "$mount" 2>/dev/null; else umount -l "$mount" 2>/dev/null; fi
  done
  [ "$attempts" -lt 6 ] || break
done
for name in /run/netns/cni-*; do [ -e "$name" ] && rm -f "$name"; done

say "removing network devices and rules"
for device in cni0 flannel.1 flannel-v6.1 kube-ipvs0; do ip link delete "$device" 2>/dev/null; done
for command in iptables ip6tables; do
  command -v "$command-save" >/dev/null 2>&1 || continue
  rules=$("$command-save" 2>/dev/null) || continue
  ours='KUBE-|FLANNEL|CNI-|cali-'
  if printf '%s\n' "$rules" | grep -qE "$ours"; then
    printf '%s\n' "$rules" | grep -vE "$ours" | "$command-restore" 2>/dev/null
  fi
  # Empty tables that were not there before go too, where the kernel keeps them by table (iptables-nft).
  for table in nat filter mangle raw; do
    grep -qx "$command $table" "$record/firewall" 2>/dev/null && continue
    "$command-save" -t "$table" 2>/dev/null | grep -q '^-A' || "$command" -t "$table" -X 2>/dev/null
  done
done

if [ "$data" = keep ] && [ -d "$state/volumes" ] && [ -n "$(ls -A "$state/volumes" 2>/dev/null)" ]; then
  say "keeping the data of applications in /var/lib/landfall-volumes"
  mkdir -p /var/lib/landfall-volumes
  for volume in "$state/volumes"/*; do mv "$volume" /var/lib/landfall-volumes/ 2>/dev/null; done
fi

say "restoring files"
while read -r kind number path; do
  case $path in "$state" | "$state"/*) continue ;; esac
  case $kind in
    absent) rm -rf "$path" ;;
    folder)
      mkdir -p "$path"
      for entry in "$path"/* "$path"/.[!.]* "$path"/..?*; do
        [ -e "$entry" ] || [ -L "$entry" ] || continue
        grep -qxF "${entry##*/}" "$record/$number" || rm -rf "$entry"
      done
      ;;
    file)
      mkdir -p "$(dirname "$path")"
      rm -rf "$path"
      cp -a "$record/$number" "$path"
      ;;
  esac
done <"$record/list"
systemctl daemon-reload
systemctl reset-failed 2>/dev/null

for list in "$record/sysctl" "$record/sysctl-preflight"; do
  [ -f "$list" ] || continue
  while IFS='=' read -r key value; do
    file=/proc/sys/$(printf %s "$key" | tr . /)
    if [ -e "$file" ] && [ "$(cat "$file")" != "$value" ]; then printf %s "$value" >"$file" 2>/dev/null; fi
  done <"$list"
done
[ -e "$record/swap" ] && swapon -a 2>/dev/null

# The record goes last: while it is there, a reset that was interrupted can be done again.
find "$state" -mindepth 1 -maxdepth 1 ! -name changes -exec rm -rf {} +
if mountpoint -q "$state"; then rm -rf "$record"; else rm -rf "$state"; fi
say "the host is as it was"
