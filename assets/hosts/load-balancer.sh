# Runs the local load balancer from a copy of its image, by systemd alone: neither the kubelet nor containerd must run, and
# what cleans up images can take nothing away.
# $1 unpack  $2 image  $3 folder           copies the image's files to the folder, whole or not at all, and removes the image
# $1 prune   $2 folder                     removes older copies, of which nobody has use any more
# $1 start   $2 folder $3 runtime folder   becomes the balancer
# $1 reload  $2 folder $3 runtime folder   gives new connections to a new process; those that are open stay with the old one
# $1 loaded  $2 runtime folder             whether what runs has loaded the configuration that is there
set -eu
PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
configuration=/etc/landfall/load-balancer
digest() { cat "$configuration/haproxy.cfg" "$configuration/ca.crt" | sha256sum; }
# Numbers, because the host knows no user of that name; they are those of the image.
balancer() {
  folder=$1
  shift
  exec env -i PATH="$PATH" chroot --userspec=99:99 --groups=99 "$folder" haproxy "$@" -f /usr/local/etc/haproxy/haproxy.cfg
}
# It was pulled by its digest, which is a name of its own.
forget() {
  name=${1%@*}
  ctr --namespace landfall images list -q 2>/dev/null | grep "^${name%:*}[:@]" |
    xargs -r ctr --namespace landfall images remove >/dev/null 2>&1 || :
}
case $1 in
  unpack)
    image=$2 folder=$3 mounts=/run/containerd/landfall-load-balancer
    if [ -e "$folder" ]; then
      forget "$image"
      exit 0
    fi
    # containerd knows a mount by its path until its next clean-up, and a script that lost its connection may go on: so each
    # has paths of its own. What an interruption left is ended here.
    for old in "$mounts".*; do
      [ -d "$old" ] || continue
      ctr --namespace landfall images unmount --rm "$old" >/dev/null 2>&1 || :
      rmdir "$old" 2>/dev/null || :
    done
    mkdir -p "${folder%/*}"
    rm -rf "$folder".new*
    mounted=$(mktemp -d "$mounts.XXXXXX")
    new=$(mktemp -d "$folder.new.XXXXXX")
    ctr --namespace landfall images mount "$image" "$mounted" >/dev/null
    cp -a "$mounted/." "$new"
    ctr --namespace landfall images unmount --rm "$mounted" >/dev/null
    rmdir "$mounted"
    chmod 755 "$new"
    mkdir -p "$new/usr/local/etc/haproxy" "$new/dev"
    sync -f "$new" 2>/dev/null || sync
    mv -T "$new" "$folder" || [ -x "$folder/dev" ]
    forget "$image"
    ;;
  prune)
    for other in "${2%/*}"/root-*; do [ "$other" = "$2" ] || rm -rf "$other"; done
    ;;
  start)
    digest >"$3/loaded"
    balancer "$2" -W -db
    ;;
  reload)
    (balancer "$2" -c -q)
    digest >"$3/loaded"
    # The unit's main process loads the files anew and starts another worker.
    kill -USR2 "$MAINPID"
    ;;
  loaded) digest | cmp -s - "$2/loaded" ;;
esac
