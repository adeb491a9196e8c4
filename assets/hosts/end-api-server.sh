# Ends the API server when this machine goes down, while its etcd still answers: it takes its address out of the cluster and
# stops to listen, and then waits a minute for those who only watch. Called whenever the kubelet has stopped.
[ "$(systemctl is-system-running 2>/dev/null)" = stopping ] || exit 0
for entry in /proc/[0-9]*; do
  program=$(readlink "$entry/exe" 2>/dev/null) || continue
  [ "${program##*/}" = kube-apiserver ] || continue
  grep -q kubepods "$entry/cgroup" 2>/dev/null || continue
  kill -TERM "${entry#/proc/}" 2>/dev/null
  attempts=0
  # Without enough of the other control planes its etcd cannot answer either.
  while [ -e "$entry" ] && ss -Hltn 'sport = :6443' | grep -q . && [ "$attempts" -lt 50 ]; do
    sleep 0.2
    attempts=$((attempts + 1))
  done
  attempts=0
  while [ -e "$entry" ] && [ "$attempts" -lt 10 ]; do
    sleep 0.2
    attempts=$((attempts + 1))
  done
  kill -KILL "${entry#/proc/}" 2>/dev/null
done
exit 0
