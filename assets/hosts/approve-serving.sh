# Approves what kubelets ask for their serving certificates, and only the one request that each node may make: of its own
# user, for its own name and address. The list says what that is, byte for byte around the key, a line each:
#   NODE BEFORE AFTER (hex)
# Everything else is left to a person: it is neither approved nor denied. (The signer refuses a signature that is wrong.)
# $1 the list   $2 administrator's kubeconfig
set -u
PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
list=$1
kubectl="kubectl --kubeconfig $2 --request-timeout 10s"
fields='{range .items[?(@.spec.signerName=="kubernetes.io/kubelet-serving")]}{.metadata.name}{"|"}{.spec.username}{"|"}{.spec.request}{"|"}{.status.conditions[*].type}{"|"}{.spec.usages}{"\n"}{end}'
requests=$($kubectl get certificatesigningrequests -o "jsonpath=$fields") || exit 1

hex_of() { printf %s "$1" | base64 -d | sed '/-----/d' | base64 -d | od -An -v -tx1 | tr -d ' \n'; }
# Whether a request is exactly the one that this node may make.
is_own() {
  hex=$(hex_of "$2") || return 1
  case $hex in
    3082*) body=${hex#3082????} ;;
    3081*) body=${hex#3081??} ;;
    *) return 1 ;;
  esac
  while read -r node before after; do
    [ "$node" = "$1" ] || continue
    case $body in "$before"*) ;; *) return 1 ;; esac
    rest=${body#"$before"}
    point=$(printf %s "$rest" | cut -c 1-128)
    [ "${#point}" = 128 ] || return 1
    case ${rest#"$point"} in "$after"03*) return 0 ;; *) return 1 ;; esac
  done <"$list"
  return 1
}

printf '%s\n' "$requests" | while IFS='|' read -r name user request conditions usages; do
  if [ -z "$name" ] || [ -n "$conditions" ]; then continue; fi
  node=${user#system:node:}
  [ "$user" = "system:node:$node" ] || continue
  case $usages in
    '["digital signature","server auth"]' | '["digital signature","key encipherment","server auth"]') ;;
    *) echo "$name of $user is for something else and is left alone"; continue ;;
  esac
  if is_own "$node" "$request"; then
    # shellcheck disable=SC2086
    $kubectl certificate approve "$name" </dev/null
  else
    echo "$name of $user is not what this node may ask for and is left alone"
  fi
done
