# Prints every certificate of this host, a line each: PATH BASE64-OF-PEM. Private keys are never printed.
emit() {
  [ -r "$1" ] || return 0
  pem=$(sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' "$1" | base64 | tr -d '\n')
  [ -z "$pem" ] || printf '%s %s\n' "$1" "$pem"
}
for file in /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt /etc/landfall/registry/server.crt \
  /etc/landfall/registry-ca.crt /var/lib/kubelet/pki/kubelet-client-current.pem; do
  emit "$file"
done
for file in /etc/kubernetes/*.conf; do
  [ -r "$file" ] || continue
  pem=$(sed -n 's/^ *client-certificate-data: *//p' "$file" | head -n 1)
  [ -z "$pem" ] || printf '%s %s\n' "$file" "$pem"
done
exit 0
