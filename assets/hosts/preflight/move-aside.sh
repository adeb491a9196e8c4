# Moves what an older cluster left into the host's own record, from where reset gives it back.
# `remember` is defined before this script.   $@ paths
set -eu
record=/var/lib/landfall/changes
umask 077
mkdir -p "$record"
for path in "$@"; do
  [ -e "$path" ] || [ -L "$path" ] || continue
  folder=$(dirname "$path")
  # Folders of which an install notes the entries: what is moved away must count as having been there.
  case $folder in
    /var/lib/etcd | /var/lib/kubelet | /var/lib/containerd | /var/lib/cni | /etc/containerd) remember "$folder" ;;
  esac
  number=1
  if [ -f "$record/list" ]; then
    if grep -q " [0-9]* $path\$" "$record/list"; then
      echo "$path is in the record of this host already" >&2
      exit 3
    fi
    number=$(($(sed -n '$s/^[a-z]* \([0-9]*\) .*/\1/p' "$record/list") + 1))
  fi
  rm -rf "${record:?}/$number"
  mv "$path" "$record/$number"
  printf 'file %s %s\n' "$number" "$path" >>"$record/list"
done
