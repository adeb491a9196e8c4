# The lock of a cluster: a folder, because making one is atomic, whose file names the owner and whose time is the heartbeat.
# $1 action: take|beat|release   $2 "RUN OWNER"   $3 for take: force|ask   $4 folder it lies in, when not the usual one
# take prints "taken", or the owner as "AGE RUN OWNER".
set -eu
action=$1 own=$2
state=${4:-/var/lib/landfall}
lock=$state/lock
current() { cat "$lock/owner" 2>/dev/null || :; }
case $action in
  take)
    mkdir -p "$state"
    if mkdir "$lock" 2>/dev/null || [ "$3" = force ] || [ "$(current)" = "$own" ]; then
      mkdir -p "$lock"
      printf '%s' "$own" >"$lock/owner.new"
      mv -f "$lock/owner.new" "$lock/owner"
      echo taken
    else
      # An owner that lost power between the two lines above left a folder without a file.
      touched=$(stat -c %Y "$lock/owner" 2>/dev/null || stat -c %Y "$lock")
      found=$(current)
      echo "$(($(date +%s) - touched)) ${found:-unknown nobody}"
    fi
    ;;
  beat) if [ "$(current)" = "$own" ]; then touch "$lock/owner"; fi ;;
  release) if [ "$(current)" = "$own" ]; then
    rm -rf "$lock"
    rmdir "$state" 2>/dev/null || :
  fi ;;
esac
