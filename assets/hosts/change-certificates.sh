# Starts certificate-worker.sh in a unit of its own, so that losing the operator does not end it half way, and follows it.
# $1 id of the change   $2 do|undo   standard input: its list (holds private keys); for undo nothing
# The last line is what came of it: "done", "rolled-back REASON" or "failed REASON".
set -eu
umask 077
id=$1
base=/var/lib/landfall/certificates
unit=landfall-certificates
log=/var/log/landfall/certificates.log
mkdir -p "$base/$id" /var/log/landfall
if [ "$2" = undo ]; then
  [ -s "$base/backups/$id/list" ] || { echo "failed there is no backup of this change"; exit 0; }
  # What was kept is what is to be placed.
  while read -r kind number path; do
    from=$base/backups/$id/$number
    if [ "$kind" = absent ]; then printf 'delete - %s\n' "$path"
    elif [ -L "$from" ]; then printf 'link %s %s\n' "$(readlink "$from")" "$path"
    else
      printf 'file %s %s\n' "$(stat -c %a "$from")" "$path"
      base64 <"$from" | tr -d '\n'
      echo
    fi
  done <"$base/backups/$id/list" >"$base/$id/list.new"
  echo "restart kubelet -" >>"$base/$id/list.new"
  rm -rf "$base/$id-undone"
  mv "$base/$id" "$base/$id-undone"
  id=$id-undone
else
  cat >"$base/$id/list.new"
fi
running() { case $(systemctl is-active "$unit" 2>/dev/null || :) in active | activating | deactivating | reloading) return 0 ;; esac; return 1; }
while running; do sleep 0.3; done
if [ "$(cat "$base/applied" 2>/dev/null)" = "$id" ]; then
  rm -rf "${base:?}/$id"
  echo "done"
  exit 0
fi
mv "$base/$id/list.new" "$base/$id/list"
rm -f "$base/result"
: >"$log"
systemctl reset-failed "$unit" 2>/dev/null || :
systemd-run --quiet --unit="$unit" --collect /bin/sh -c "exec /bin/sh $base/worker.sh $id >>$log 2>&1"
exec 3<"$log"
show() { while IFS= read -r line <&3; do printf '%s\n' "$line"; done; }
while running; do
  show
  sleep 0.3
done
show
cat "$base/result" 2>/dev/null || echo "failed the change was broken off"
