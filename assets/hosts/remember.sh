# Keeps, once, what is at each path before Landfall changes it, so that reset can give it back: a copy of a file or link,
# the names in a folder, or that there was nothing (then noted at the topmost folder that is missing).
# The record is a list of "KIND NUMBER PATH" lines; a line is written after its copy, so a torn one never counts.
# $1 folder of the record   $2… paths
set -eu
folder=$1
shift
umask 077
mkdir -p "$folder"
list=$folder/list
known='
' number=0
if [ -f "$list" ]; then
  while read -r noted_kind noted_number noted_path; do
    number=$noted_number
    known="$known$noted_kind $noted_path
"
  done <"$list"
fi
has() { case $known in *"
$1
"*) return 0 ;; esac; return 1; }
for path in "$@"; do
  covered=
  above=$path
  while [ -n "$above" ]; do
    if has "absent $above"; then covered=yes; break; fi
    above=${above%/*}
  done
  if [ -n "$covered" ] || has "file $path" || has "folder $path"; then continue; fi
  parent=${path%/*}
  while [ -n "$parent" ] && [ ! -e "$path" ] && [ ! -L "$path" ] && [ ! -e "$parent" ]; do
    path=$parent
    parent=${path%/*}
  done
  number=$((number + 1))
  if [ -d "$path" ] && [ ! -L "$path" ]; then
    kind=folder
    ls -A "$path" >"$folder/$number"
  elif [ -e "$path" ] || [ -L "$path" ]; then
    kind='file'
    rm -rf "${folder:?}/$number"
    cp -a "$path" "$folder/$number"
  else
    kind=absent
  fi
  printf '%s %s %s\n' "$kind" "$number" "$path" >>"$list"
  known="$known$kind $path
"
done
