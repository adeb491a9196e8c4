import type { HostConnection } from './connection.ts';

const recordFolder = '/var/lib/landfall/changes';

// The copy is named by a hash of the path; `absent` says that there was nothing, so that reset removes the file.
const remember = `set -eu
folder=$1 path=$2
umask 077
mkdir -p "$folder"
name=$(printf %s "$path" | sha256sum | cut -c1-32)
[ -e "$folder/$name.path" ] && exit 0
if [ -e "$path" ]; then cp -a "$path" "$folder/$name.before"; else : >"$folder/$name.absent"; fi
printf %s "$path" >"$folder/$name.path.new"
mv "$folder/$name.path.new" "$folder/$name.path"
mkdir -p "$(dirname "$path")"`;

/** Writes a file and, before the first time, keeps what was there in the host's own record, from which reset restores it. */
export async function recordedWriteFile(
  connection: HostConnection,
  path: string,
  content: string,
  mode: number,
): Promise<void> {
  await connection.check(`Remember ${path}`, remember, [recordFolder, path]);
  await connection.writeFile(path, content, mode);
}
