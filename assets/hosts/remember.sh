# Keeps, once, what is at each path before Landfall changes it, so that reset can give it back: a copy of a file or link,
# the names in a folder, or that there was nothing (then noted at the topmost folder that is missing).
# $1 folder of the record   $2… paths
set -eu
folder=$1
shift
umask 077
mkdir -p "$folder"
for path in "$@"; do
  while [ ! -e "$path" ] && [ ! -L "$path" ] && [ ! -e "$(dirname "$path")" ]; do path=$(dirname "$path"); done
  name=$(printf %s "$path" | sha256sum | cut -c1-32)
  [ -e "$folder/$name.path" ] && continue
  # What lies below a folder that was not there before needs no note of its own.
  above=$path known=
  while [ "$above" != / ]; do
    above=$(dirname "$above")
    noted=$(printf %s "$above" | sha256sum | cut -c1-32)
    if [ -e "$folder/$noted.absent" ]; then known=yes; break; fi
  done
  [ -z "$known" ] || continue
  rm -rf "$folder/$name.before" "$folder/$name.entries" "$folder/$name.absent"
  if [ -d "$path" ] && [ ! -L "$path" ]; then ls -A "$path" >"$folder/$name.entries"
  elif [ -e "$path" ] || [ -L "$path" ]; then cp -a "$path" "$folder/$name.before"
  else : >"$folder/$name.absent"; fi
  printf %s "$path" >"$folder/$name.path.new"
  mv "$folder/$name.path.new" "$folder/$name.path"
done
