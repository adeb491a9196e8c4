# Stops services of another container runtime or Kubernetes, with the containers they run, and moves their unit files into
# the host's own record, from where reset gives them back and starts what was running.
# $@ units
set -eu
record=/var/lib/landfall/changes
umask 077
mkdir -p "$record"
property() { systemctl show --property="$2" "$1" 2>/dev/null | sed -n "s/^$2=//p"; }
unit_known() { [ -f "$record/services" ] && grep -q "^$1 " "$record/services"; }
move() {
  number=1
  if [ -f "$record/list" ]; then
    if grep -q " [0-9]* $1\$" "$record/list"; then
      echo "$1 is in the record of this host already" >&2
      exit 3
    fi
    number=$(($(sed -n '$s/^[a-z]* \([0-9]*\) .*/\1/p' "$record/list") + 1))
  fi
  rm -rf "${record:?}/$number"
  # A copy is in the record before anything is taken away, whatever interrupts this.
  cp -a "$1" "$record/$number"
  printf 'file %s %s\n' "$number" "$1" >>"$record/list"
  sync -f "$record/list" 2>/dev/null || sync
  rm -rf "$1"
}
# Asks containers to end, then ends them, while their runtime still answers.
end_containers() {
  case $1 in
    docker.*)
      command -v docker >/dev/null 2>&1 || return 0
      timeout 30 docker ps -q 2>/dev/null | xargs -r timeout 60 docker stop -t 10 >/dev/null 2>&1 || :
      ;;
    containerd.service)
      command -v ctr >/dev/null 2>&1 || return 0
      for namespace in $(timeout 10 ctr namespaces ls -q 2>/dev/null); do
        for signal in SIGTERM SIGKILL; do
          tasks=$(timeout 10 ctr -n "$namespace" tasks ls 2>/dev/null | awk 'NR > 1 && $3 == "RUNNING" { print $1 }')
          [ -n "$tasks" ] || break
          for task in $tasks; do timeout 5 ctr -n "$namespace" tasks kill -a -s "$signal" "$task" >/dev/null 2>&1 || :; done
          for _ in 1 2 3 4 5 6 7 8 9 10; do
            timeout 10 ctr -n "$namespace" tasks ls 2>/dev/null | grep -q RUNNING || break
            sleep 1
          done
        done
        for task in $(timeout 10 ctr -n "$namespace" tasks ls -q 2>/dev/null); do
          timeout 10 ctr -n "$namespace" tasks rm -f "$task" >/dev/null 2>&1 || :
        done
      done
      ;;
    crio.service)
      command -v crictl >/dev/null 2>&1 || return 0
      timeout 60 crictl rmp -fa >/dev/null 2>&1 || :
      ;;
  esac
}

for unit in "$@"; do
  fragment=$(property "$unit" FragmentPath)
  if ! unit_known "$unit"; then
    [ -n "$fragment" ] || continue
    active=$(property "$unit" ActiveState)
    printf '%s %s %s\n' "$unit" "$(property "$unit" UnitFileState)" "$active" >>"$record/services"
    sync -f "$record/services" 2>/dev/null || sync
  fi
  if systemctl --quiet is-active "$unit"; then end_containers "$unit"; fi
  systemctl disable --quiet "$unit" 2>/dev/null || :
  timeout 60 systemctl stop "$unit" 2>/dev/null || systemctl kill --signal=SIGKILL "$unit" 2>/dev/null || :
  # Drop-ins would change the unit that an install puts in its place.
  for file in $(property "$unit" DropInPaths) $fragment; do
    [ -e "$file" ] || [ -L "$file" ] || continue
    move "$file"
  done
done
# What a runtime keeps while it runs, of no use to the next one; only where nothing of it is in use any more.
if [ -d /run/containerd ] && ! systemctl --quiet is-active containerd && ! pgrep -f containerd-shim >/dev/null 2>&1 &&
  ! grep -q ' /run/containerd/' /proc/mounts; then
  rm -rf /run/containerd
fi
systemctl daemon-reload
systemctl reset-failed "$@" 2>/dev/null || :
