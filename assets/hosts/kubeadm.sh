# Runs kubeadm in a unit of its own, so that losing the operator does not kill it half way; a later call waits for the
# running one. The marker says that it ended well, and is the only thing that lets a host keep what kubeadm wrote.
# $1 action: init|join   $2 marker   for an init from a snapshot of etcd also: $3 the snapshot   $4 name of the member
# $5 its address   $6 a name for the new etcd cluster   standard input: the kubeadm configuration (holds the bootstrap token)
set -eu
action=$1 marker=$2
unit=landfall-kubeadm
log=/var/log/landfall/kubeadm.log
PATH=/usr/local/bin:$PATH
umask 077
mkdir -p /var/lib/landfall /var/log/landfall
configuration=$(cat)
running() { case $(systemctl is-active "$unit" 2>/dev/null || :) in active | activating | deactivating | reloading) return 0 ;; esac; return 1; }
if ! running && [ ! -e "$marker" ]; then
  printf '%s\n' "$configuration" >/var/lib/landfall/kubeadm.yaml
  if [ -e /etc/kubernetes/kubelet.conf ] || [ -n "$(ls -A /etc/kubernetes/manifests 2>/dev/null)" ] || [ -n "$(ls -A /var/lib/etcd 2>/dev/null)" ]; then
    echo "clearing what an interrupted kubeadm left"
    # The certificates are ours and stay: another folder is named for kubeadm to clear.
    kubeadm reset --force --cert-dir /var/lib/landfall/no-certificates --cri-socket unix:///run/containerd/containerd.sock >>"$log" 2>&1 || :
    find /var/lib/etcd -mindepth 1 -delete 2>/dev/null || :
  fi
  more=
  if [ -n "${3:-}" ]; then
    echo "restoring the snapshot of etcd"
    rm -rf /var/lib/etcd/restoring
    # Revisions far beyond any that was given out, so that nodes that live on do not take the old state for a newer one.
    words=$(etcdutl snapshot restore "$3" --data-dir /var/lib/etcd/restoring --name "$4" --initial-cluster "$4=https://$5:2380" \
      --initial-cluster-token "landfall-$6" --initial-advertise-peer-urls "https://$5:2380" \
      --bump-revision 1000000000 --mark-compacted 2>&1) || {
      printf '%s\n' "$words" | tail -n 5 >&2
      exit 1
    }
    mv /var/lib/etcd/restoring/member /var/lib/etcd/member
    rm -rf /var/lib/etcd/restoring
    more=' --ignore-preflight-errors=DirAvailable--var-lib-etcd'
  fi
  case $action in
    init) command='kubeadm init --config /var/lib/landfall/kubeadm.yaml --skip-phases=show-join-command,addon/coredns'$more ;;
    join) command='kubeadm join --config /var/lib/landfall/kubeadm.yaml' ;;
  esac
  : >"$log"
  # kubeadm says the bootstrap token, which has no place in a log. Whether it ended well is told by the marker alone.
  hide="sed -u 's/[a-z0-9]\{6\}\.[a-z0-9]\{16\}/(hidden)/g'"
  systemctl reset-failed "$unit" 2>/dev/null || :
  systemd-run --quiet --unit="$unit" --collect --property=Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /bin/sh -c "{ $command && : >$marker; rm -f /var/lib/landfall/kubeadm.yaml; } 2>&1 | $hide >>$log"
fi
# Following costs next to nothing: the log is read by the shell itself, and systemd is asked again only at the end.
[ -e "$log" ] || : >"$log"
exec 3<"$log"
partial=
show() {
  while IFS= read -r line <&3; do
    line=$partial$line partial=
    case $line in *[Tt]oken*) ;; *) printf '%s\n' "$line" ;; esac
  done
  partial=$partial$line
}
while running; do
  process=$(systemctl show --property=MainPID "$unit")
  while [ "${process#MainPID=}" -gt 0 ] && kill -0 "${process#MainPID=}" 2>/dev/null; do
    show
    sleep 0.3
  done
  sleep 0.1
done
show
[ -e "$marker" ] || { tail -n 25 "$log" | grep -v -i token >&2; exit 1; }
