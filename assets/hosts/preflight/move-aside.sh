# Moves what an older cluster left into the host's own record, from where reset gives it back. A disk of its own is emptied
# into a folder on itself: its content may be more than fits elsewhere.
# `remember` is defined before this script.   $@ paths
set -eu
record=/var/lib/landfall/changes
umask 077
mkdir -p "$record"
noted() { [ -f "$record/list" ] && grep -q " [0-9]* $1\$" "$record/list"; }
next_number() {
  last=0
  if [ -f "$record/list" ]; then last=$(sed -n '$s/^[a-z]* \([0-9]*\) .*/\1/p' "$record/list"); fi
  echo $((last + 1))
}
note() {
  printf '%s\n' "$1" >>"$record/list"
  sync -f "$record/list" 2>/dev/null || sync
}
for path in "$@"; do
  [ -e "$path" ] || [ -L "$path" ] || continue
  folder=$(dirname "$path")
  # Folders of which an install notes the entries: what is moved away must count as having been there.
  case $folder in
    /var/lib/etcd | /var/lib/kubelet | /var/lib/containerd | /var/lib/cni | /etc/containerd) remember "$folder" ;;
  esac
  if noted "$path"; then
    echo "$path is in the record of this host already" >&2
    exit 3
  fi
  number=$(next_number)
  if [ -d "$path" ] && [ ! -L "$path" ] && [ "$(stat -c %d "$path")" != "$(stat -c %d "$folder")" ]; then
    # The note is first: whatever is in the folder is given back from there, however far this came.
    note "inside $number $path"
    mkdir -p "$path/.landfall-aside"
    find "$path" -mindepth 1 -maxdepth 1 ! -name .landfall-aside -exec mv -t "$path/.landfall-aside" {} +
  elif [ "$(stat -c %d "$folder")" = "$(stat -c %d "$record")" ]; then
    rm -rf "${record:?}/$number"
    # Reset knows from this file whose the content is, should the note below never be written.
    printf '%s\n' "$path" >"$record/$number.path"
    sync -f "$record" 2>/dev/null || sync
    mv "$path" "$record/$number"
    note "file $number $path"
    rm -f "$record/$number.path"
  else
    rm -rf "${record:?}/$number"
    cp -a "$path" "$record/$number"
    note "file $number $path"
    rm -rf "$path"
  fi
done
