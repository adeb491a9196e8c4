# Loads the modules and applies the sysctls of our own file, and proves each; turns swap off.
# $1 path of the sysctl file   $2… modules
set -eu
sysctls=$1
shift
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
