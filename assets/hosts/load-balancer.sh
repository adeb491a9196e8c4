# Runs the local load balancer's image in a containerd namespace of its own, so that it needs no kubelet.
# $1 start|stop   $2 image   $3 the program in the image
set -eu
PATH=/usr/local/bin:$PATH
name=landfall-load-balancer
remove() {
  ctr --namespace landfall task kill --signal SIGKILL "$name" >/dev/null 2>&1 || :
  ctr --namespace landfall task delete --force "$name" >/dev/null 2>&1 || :
  ctr --namespace landfall container delete "$name" >/dev/null 2>&1 || :
}
case $1 in
  stop) remove ;;
  start)
    remove
    exec ctr --namespace landfall run --rm --net-host --cwd / \
      --mount type=bind,src=/etc/landfall/load-balancer,dst=/usr/local/etc/haproxy,options=rbind:ro \
      "$2" "$name" "$3" -W -db -f /usr/local/etc/haproxy/haproxy.cfg
    ;;
esac
