# Prints every certificate of this host, a line each: PATH BASE64-OF-PEM, or PATH "missing" where one must be.
# The authority inside a kubeconfig is PATH#authority. Private keys are never printed.
emit() {
  if [ -r "$1" ]; then
    pem=$(sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' "$1" | base64 | tr -d '\n')
    if [ -n "$pem" ]; then printf '%s %s\n' "$1" "$pem"; else printf '%s missing\n' "$1"; fi
  elif [ "$2" = must ]; then
    printf '%s missing\n' "$1"
  fi
}
known=' '
if [ -e /var/lib/landfall/joined ]; then
  if [ -e /etc/kubernetes/manifests/kube-apiserver.yaml ]; then
    for name in ca apiserver apiserver-kubelet-client apiserver-etcd-client front-proxy-ca front-proxy-client etcd/ca \
      etcd/server etcd/peer etcd/healthcheck-client; do
      emit "/etc/kubernetes/pki/$name.crt" must
      known="$known/etc/kubernetes/pki/$name.crt "
    done
  else
    emit /etc/kubernetes/pki/ca.crt must
    known="$known/etc/kubernetes/pki/ca.crt "
  fi
  emit /var/lib/kubelet/pki/kubelet-client-current.pem must
fi
for file in /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt /etc/kubernetes/pki/signing/*.crt \
  /etc/landfall/registry/server.crt /etc/landfall/registry-ca.crt /etc/landfall/load-balancer/ca.crt \
  /var/lib/kubelet/pki/kubelet-server-current.pem; do
  case $known in *" $file "*) ;; *) emit "$file" may ;; esac
done
for file in /etc/kubernetes/*.conf /root/.kube/config; do
  [ -r "$file" ] || continue
  pem=$(sed -n 's/^ *client-certificate-data: *//p' "$file" | head -n 1)
  [ -z "$pem" ] || printf '%s %s\n' "$file" "$pem"
  pem=$(sed -n 's/^ *certificate-authority-data: *//p' "$file" | head -n 1)
  [ -z "$pem" ] || printf '%s#authority %s\n' "$file" "$pem"
done
exit 0
