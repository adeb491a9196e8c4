# Keeps, once, what is at each path before Landfall changes it, so that reset can give it back:
#   PATH      a copy of a file or link; of a folder its mode and the names in it; or that there was nothing
#   PATH/**   the same, but of a folder a copy of all that is in it
#   PATH/     only that there was no such folder; others may come to use it, so reset removes it when it is empty
# Folders above a path that are missing are noted in the last way too.
# The record is a list of "KIND NUMBER PATH" lines; a line is on the disk after its copy, and before anything is changed.
# $1 folder of the record   $2… paths
set -eu
folder=$1
shift
umask 077
mkdir -p "$folder"
list=$folder/list
# A line that a power cut tore does not count, and must not become the beginning of the next one.
if [ -s "$list" ] && [ -n "$(tail -c 1 "$list")" ]; then
  sed '$d' "$list" >"$list.new"
  mv "$list.new" "$list"
fi
known='
' number=0 lines=
if [ -f "$list" ]; then
  while read -r noted_kind noted_number noted_path; do
    if [ "$noted_number" -gt "$number" ]; then number=$noted_number; fi
    known="$known$noted_kind $noted_path
"
  done <"$list"
fi
has() { case $known in *"
$1
"*) return 0 ;; esac; return 1; }
note() {
  lines="$lines$1 $number $2
"
  known="$known$1 $2
"
}
covered() {
  above=$1
  while [ -n "$above" ]; do
    if has "absent $above"; then return 0; fi
    above=${above%/*}
  done
  has "file $1" || has "folder $1" || has "empty $1" || has "inside $1"
}
for path in "$@"; do
  form=
  case $path in
    */'**') form=whole path=${path%/*} ;;
    */) form=empty path=${path%/} ;;
  esac
  if covered "$path"; then continue; fi
  number=$((number + 1))
  if [ ! -e "$path" ] && [ ! -L "$path" ]; then
    above=${path%/*}
    while [ -n "$above" ] && [ ! -e "$above" ]; do
      if ! has "empty $above"; then note empty "$above"; fi
      above=${above%/*}
    done
    if [ "$form" = empty ]; then note empty "$path"; else note absent "$path"; fi
  elif [ -d "$path" ] && [ ! -L "$path" ] && [ "$form" != whole ]; then
    if [ "$form" = empty ]; then continue; fi
    ls -A "$path" >"$folder/$number"
    stat -c '%a %u:%g' "$path" >"$folder/$number.mode"
    note folder "$path"
  else
    rm -rf "${folder:?}/$number"
    cp -a "$path" "$folder/$number"
    note 'file' "$path"
  fi
done
if [ -z "$lines" ]; then exit 0; fi
sync -f "$folder" 2>/dev/null || sync
printf %s "$lines" >>"$list"
sync -f "$list" 2>/dev/null || sync
