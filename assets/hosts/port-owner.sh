# Says who else listens on a TCP port: "PROCESS PID UNIT", a line each; nothing when the port is free or its listener is ours.
# $1 port   $2… units that are ours
set -eu
port=$1
shift
for unit in "$@"; do
  if systemctl is-active --quiet "$unit"; then exit 0; fi
done
ss -Hltnp "sport = :$port" | grep -o '"[^"]*",pid=[0-9]*' | sort -u | while IFS= read -r entry; do
  name=${entry#\"}
  name=${name%%\"*}
  pid=${entry##*pid=}
  parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null) || continue
  # A container of an interrupted run; whoever starts it anew removes it.
  case $(readlink "/proc/$parent/exe" 2>/dev/null || :) in
    /usr/local/bin/containerd-shim-runc-v2*) continue ;;
  esac
  unit=$(sed -n 's#.*/\([^/]*\.\(service\|scope\)\)$#\1#p' "/proc/$pid/cgroup" 2>/dev/null | head -n 1)
  echo "$name $pid ${unit:--}"
done
