# Undoes what a host's record says was changed. Works from the record only, and a second run goes on where an interrupted
# one stopped: the record goes last, and only when all was given back. Says what was not and then ends with 1.
# $1 folder of the record   $2 folder of Landfall's state, in which the record lies
set -u
record=$1 state=$2
failed=
fail() { printf '%s\n' "$*" >&2; failed=yes; }
finished=$state/finished
if [ -d "$record" ]; then
  printf '%s\n' "restoring what was there"
  mounts=$(awk '{ print $2 }' /proc/mounts)
  # What is mounted inside belongs to somebody; a volume's data must not go with the folder it is shown in.
  holds_mount() { case "
$mounts
" in *"
$1/"*) return 0 ;; esac; return 1; }
  remove() {
    if holds_mount "$1"; then fail "$1 was not removed, because something is still mounted in it"; else rm -rf "$1" || failed=yes; fi
  }
  # A file is replaced at once, so that no moment shows half of it; one that is a mount of its own is written through.
  put_back() {
    if [ -d "$1" ] && [ ! -L "$1" ]; then
      if [ -L "$2" ] || [ ! -d "$2" ]; then rm -f "$2"; fi
      mkdir -p "$2" && find "$2" -xdev -mindepth 1 -delete && cp -a "$1/." "$2/"
    else
      mkdir -p "$(dirname "$2")"
      if [ -d "$2" ] && [ ! -L "$2" ]; then remove "$2"; fi
      rm -rf "$2.landfall-new"
      cp -a "$1" "$2.landfall-new" && { mv -fT "$2.landfall-new" "$2" 2>/dev/null || { cp -a "$1" "$2" && rm -f "$2.landfall-new"; }; }
    fi
  }
  # What was being moved into the record when something broke off.
  for moved in "$record"/*.path; do
    [ -f "$moved" ] || continue
    number=${moved%.path}
    number=${number##*/}
    if { [ -e "$record/$number" ] || [ -L "$record/$number" ]; } && ! grep -q "^[a-z]* $number " "$record/list" 2>/dev/null; then
      printf 'file %s %s\n' "$number" "$(cat "$moved")" >>"$record/list"
    fi
    rm -f "$moved"
  done
  touch "$record/list"
  emptied=
  while read -r kind number path; do
    case $path in "$state" | "$state"/*) continue ;; esac
    # What a broken-off upload or unpacking left beside it.
    rm -rf "$path.landfall-part" "$path.landfall-new" "${path%/*}"/.landfall-??????
    case $kind in
      absent) remove "$path" ;;
      empty) emptied="$path
$emptied" ;;
      folder)
        mkdir -p "$path"
        names="
$(cat "$record/$number")
"
        for entry in "$path"/* "$path"/.[!.]* "$path"/..?*; do
          [ -e "$entry" ] || [ -L "$entry" ] || continue
          case $names in *"
${entry##*/}
"*) ;; *) remove "$entry" ;; esac
        done
        if [ -f "$record/$number.mode" ]; then
          read -r mode owner <"$record/$number.mode"
          if ! { chown "$owner" "$path" && chmod "$mode" "$path"; }; then fail "cannot set the mode of $path"; fi
        fi
        ;;
      file) put_back "$record/$number" "$path" || fail "$path was not given back" ;;
      inside)
        [ -d "$path/.landfall-aside" ] || continue
        # Nothing of a broken-off return may be lost: only what is not set aside goes, and only once.
        if [ ! -e "$path/.landfall-aside.returning" ]; then
          find "$path" -xdev -mindepth 1 -maxdepth 1 ! -name .landfall-aside -exec rm -rf {} +
          : >"$path/.landfall-aside.returning"
        fi
        if find "$path/.landfall-aside" -mindepth 1 -maxdepth 1 -exec mv -t "$path" {} + && rmdir "$path/.landfall-aside"; then
          rm -f "$path/.landfall-aside.returning"
        else
          fail "$path was not given back"
        fi
        ;;
    esac
  done <"$record/list"
  # The deepest first: each is noted before those below it.
  printf %s "$emptied" | sort -r | while read -r path; do rmdir "$path" 2>/dev/null; done
  if [ -f "$record/sysctl" ]; then
    systemctl daemon-reload
    systemctl reset-failed containerd kubelet landfall-registry landfall-load-balancer landfall-kubeadm landfall-certificates landfall-approver landfall-renewal landfall-snapshot 2>/dev/null
  fi

  for list in "$record/sysctl" "$record/sysctl-preflight"; do
    [ -f "$list" ] || continue
    while IFS='=' read -r key value; do
      file=/proc/sys/$(printf %s "$key" | tr . /)
      if [ -e "$file" ] && [ "$(cat "$file")" != "$value" ]; then
        printf %s "$value" 2>/dev/null >"$file" || printf '%s\n' "$key cannot be set to $value again"
      fi
    done <"$list"
  done
  # What was set aside before the install comes back as it was, once its files are there again.
  if [ -f "$record/services" ]; then
    systemctl daemon-reload
    while read -r unit enabled active; do
      case $enabled in enabled) systemctl enable --quiet "$unit" 2>/dev/null || fail "$unit cannot be enabled again" ;; esac
      case $active in active | activating) systemctl start "$unit" || fail "$unit cannot be started again" ;; esac
    done <"$record/services"
  fi
  if [ -f "$record/modules" ]; then
    # Each by itself: with br_netfilter, modprobe -r would take the bridge module out as well, and all bridges of the host.
    while read -r module; do rmmod "$module" 2>/dev/null; done <"$record/modules"
  fi
  if [ -e "$record/swap" ]; then
    swapon -a 2>/dev/null
    while read -r device priority; do
      grep -q "^$device " /proc/swaps || swapon -p "$priority" "$device" 2>/dev/null || swapon "$device" || fail "$device is no swap again"
    done <"$record/swap"
  fi
  if [ -n "$failed" ]; then exit 1; fi
fi
if [ ! -d "$state" ]; then exit 0; fi
# The lock is its owner's, who takes it away.
find "$state" -mindepth 1 -maxdepth 1 ! -path "$record" ! -name lock -exec rm -rf {} + || exit 1
if [ -d "$record" ]; then
  mv "$record" "$finished"
  rm -rf "$finished"
fi
rmdir "$state" 2>/dev/null
printf '%s\n' "the host is as it was"
