# Changes certificates of this host as one deed: keeps what is there, places what the list says, restarts what must be
# restarted, and looks whether all is well. When it is not, what was there comes back. Runs in a unit of its own.
# $1 id of the change; its list is /var/lib/landfall/certificates/ID/list, a line each:
#   file MODE PATH (the next line is the content in base64) | link TARGET PATH | delete PATH
#   keep - PATH (only kept) | renew - - (kubeadm renews what it looks after)
#   restart control-plane|kubelet|UNIT | guard ADDRESS | name NAME
# With a guard the host must be well afterwards (ADDRESS is its API's; "-" on a worker), else all is taken back.
# NAME is one that the API must answer to afterwards.
set -u
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
id=$1
base=/var/lib/landfall/certificates
change=$base/$id
list=$change/list
backup=$base/backups/$id
open=$base/open
say() { printf '%s\n' "$*"; }

# Gives back what a backup holds.
restore() {
  while read -r kind number path; do
    case $kind in
      kept) rm -rf "$path.landfall-new" && cp -a "$1/$number" "$path.landfall-new" && mv -fT "$path.landfall-new" "$path" ;;
      absent) rm -f "$path" ;;
    esac
  done <"$1/list"
  sync
}
keep() {
  rm -rf "$backup"
  mkdir -p "$backup"
  number=0
  : >"$backup/list"
  while read -r kind _ path; do
    case $kind in file | link | delete | keep) ;; *) continue ;; esac
    [ "$kind" = file ] && read -r _
    number=$((number + 1))
    if [ -e "$path" ] || [ -L "$path" ]; then
      cp -a "$path" "$backup/$number" || return 1
      printf 'kept %s %s\n' "$number" "$path" >>"$backup/list"
    else
      printf 'absent %s %s\n' "$number" "$path" >>"$backup/list"
    fi
  done <"$list"
  sync
}
place() {
  while read -r kind value path; do
    case $kind in
      file)
        read -r content || :
        (umask 022 && mkdir -p "$(dirname "$path")")
        { printf %s "$content" | base64 -d >"$path.landfall-new" && chmod "$value" "$path.landfall-new" &&
          mv -fT "$path.landfall-new" "$path"; } || return 1
        ;;
      link) { ln -s "$value" "$path.landfall-new" && mv -fT "$path.landfall-new" "$path"; } || return 1 ;;
      delete) rm -f "$path" ;;
      renew)
        kubeadm certs renew all </dev/null || return 1
        if [ -e /root/.kube/config ]; then
          { cp -p /etc/kubernetes/admin.conf /root/.kube/config.landfall-new &&
            mv -fT /root/.kube/config.landfall-new /root/.kube/config; } || return 1
        fi
        ;;
    esac
  done <"$list"
  sync
}

# Processes of the control plane with these names.
components() {
  for entry in /proc/[0-9]*; do
    program=$(readlink "$entry/exe" 2>/dev/null) || continue
    case " $* " in *" ${program##*/} "*) ;; *) continue ;; esac
    if grep -q kubepods "$entry/cgroup" 2>/dev/null; then printf '%s\n' "${entry#/proc/}"; fi
  done
}
# Waits until a process has ended, so many fifths of a second at most, then ends it.
await_end() {
  attempts=0
  while [ -e "/proc/$1" ] && [ "$attempts" -lt "$2" ]; do
    sleep 0.2
    attempts=$((attempts + 1))
  done
  kill -9 "$1" 2>/dev/null
}
end_components() {
  processes=$(components "$@")
  # shellcheck disable=SC2086
  [ -z "$processes" ] || kill -TERM $processes 2>/dev/null
  for process in $processes; do await_end "$process" 150; done
}
# An API server takes its address out of the cluster, for which it needs etcd, and stops to listen. Then it waits a minute for
# those who only watch and do not end by themselves; what was asked before is answered in two seconds.
end_api_server() {
  for process in $(components kube-apiserver); do
    kill -TERM "$process" 2>/dev/null
    attempts=0
    while [ -e "/proc/$process" ] && ss -Hltn 'sport = :6443' | grep -q . && [ "$attempts" -lt 150 ]; do
      sleep 0.2
      attempts=$((attempts + 1))
    done
    await_end "$process" 10
  done
}
# A kubelet that starts anew starts what has ended at once, without the growing pauses it else makes between restarts.
restart_control_plane() {
  systemctl stop kubelet
  end_components kube-controller-manager kube-scheduler
  end_api_server
  end_components etcd
  systemctl start kubelet
}
restart() {
  while read -r kind what _; do
    [ "$kind" = restart ] || continue
    case $what in
      control-plane) restart_control_plane ;;
      # It takes its files up without closing a connection.
      landfall-load-balancer) systemctl reload-or-restart "$what" ;;
      *) if systemctl is-enabled --quiet "$what" 2>/dev/null; then systemctl restart "$what"; fi ;;
    esac
  done <"$list"
}

as() {
  file=$1
  shift
  kubectl --kubeconfig "$file" --server "https://$address:6443" --request-timeout 5s "$@" >/dev/null 2>&1
}
why=
well() {
  systemctl is-active --quiet kubelet || { why='the kubelet does not run'; return 1; }
  [ "$address" != - ] || return 0
  [ "$(components etcd kube-apiserver kube-controller-manager kube-scheduler | grep -c .)" -ge 4 ] || { why='a part of the control plane does not run'; return 1; }
  as /etc/kubernetes/admin.conf get --raw /readyz || { why='the API is not ready'; return 1; }
  for user in controller-manager scheduler kubelet; do
    as "/etc/kubernetes/$user.conf" auth whoami || { why="the API does not take the certificate of $user.conf"; return 1; }
  done
  for name in $names; do
    as /etc/kubernetes/admin.conf --tls-server-name "$name" get --raw /readyz ||
      { why="the API does not answer to $name"; return 1; }
  done
}
wait_until_well() {
  end=$(($(date +%s) + $1))
  while ! well; do
    [ "$(date +%s)" -lt "$end" ] || return 1
    sleep 0.5
  done
}
prune() {
  # shellcheck disable=SC2012
  ls -1t "$base/backups" | tail -n +6 | while read -r old; do rm -rf "${base:?}/backups/$old"; done
}
finish() {
  rm -f "$open"
  rm -rf "$change"
  printf '%s\n' "$1" >"$base/result"
  prune
  exit 0
}

address='' names=
while read -r kind what _; do
  case $kind in guard) address=$what ;; name) names="$names $what" ;; esac
done <"$list"

# One that lost power in the middle left a mixture.
if [ -s "$open" ]; then
  unfinished=$base/backups/$(cat "$open")
  say "taking back a change that was broken off"
  if [ -f "$unfinished/list" ]; then restore "$unfinished"; fi
fi
say "keeping the certificates that are there in $backup"
if ! keep; then finish "failed the certificates that are there could not be kept"; fi
printf '%s\n' "$id" >"$open.new" && mv -f "$open.new" "$open"
sync
say "placing the new ones"
if ! place; then
  restore "$backup"
  finish "failed the new certificates could not be placed"
fi
say "restarting what uses them"
restart
if [ -z "$address" ]; then
  printf '%s\n' "$id" >"$base/applied"
  finish "done"
fi
if wait_until_well 180; then
  # The load balancers of other nodes come back to this control plane after two good checks.
  [ "$address" = - ] || sleep 4
  printf '%s\n' "$id" >"$base/applied"
  finish "done"
fi
reason=$why
say "not well: $reason; taking the change back"
restore "$backup"
restart
names=
if wait_until_well 180; then
  finish "rolled-back $reason"
else
  finish "failed $reason; and with the certificates from before: $why"
fi
