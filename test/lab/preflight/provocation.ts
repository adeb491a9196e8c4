import type { CheckId } from '../../../source/preflight/check.ts';

/** A fault made on a real host, and what must be seen of it. */
export type Provocation = {
  readonly check: CheckId;
  /** Told apart where one check is provoked in two ways. */
  readonly name?: string;
  /** POSIX sh, as root on the host. */
  readonly provoke: string;
  /** Takes the fault away again. */
  readonly undo: string;
  readonly evidence: RegExp;
  /** Checks that the same fault must turn as well; no other may. */
  readonly also?: readonly CheckId[];
  /** The program mends it, and reset brings the fault back. */
  readonly fixed?: true;
  /** A text that must stand nowhere in the results. */
  readonly hidden?: string;
};

/** Puts a program in front of the real one; `$real` is the path of the real one. */
export function fakeProgram(name: string, script: string): { readonly provoke: string; readonly undo: string } {
  return {
    provoke: `cat >/usr/local/sbin/${name} <<'END'
#!/bin/sh
${script}
END
chmod 755 /usr/local/sbin/${name}
`,
    undo: `rm -f /usr/local/sbin/${name}\n`,
  };
}

/** Lays a changed copy over a file of the kernel. */
export function fakeFile(file: string, change: string): { readonly provoke: string; readonly undo: string } {
  const copy = `/run/fake-${file.replace(/[^a-z0-9]/gi, '-')}`;
  return {
    provoke: `cat ${file} | ${change} >${copy}
mount --bind ${copy} ${file}
`,
    undo: `umount ${file}
rm -f ${copy}
`,
  };
}

/** A service of this name, running or only installed. */
export function fakeUnit(name: string, running: boolean): { readonly provoke: string; readonly undo: string } {
  return {
    provoke: `printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/${name}
systemctl daemon-reload
${running ? `systemctl start ${name}\n` : ''}`,
    undo: `${running ? `systemctl stop ${name}\n` : ''}rm -f /etc/systemd/system/${name}
systemctl daemon-reload
systemctl reset-failed 2>/dev/null || :
`,
  };
}

/** A process of this name. */
export function fakeProcess(name: string): { readonly provoke: string; readonly undo: string } {
  return {
    provoke: `cp /bin/sleep /run/${name}
systemd-run --quiet --collect --unit=pretend /run/${name} infinity
`,
    undo: `systemctl stop pretend
rm -f /run/${name}
`,
  };
}

/** Keeps a file and puts it back. */
export function changedFile(file: string, change: string): { readonly provoke: string; readonly undo: string } {
  const copy = `/run/kept-${file.replace(/[^a-z0-9]/gi, '-')}`;
  return {
    provoke: `if [ -e ${file} ]; then cp -a ${file} ${copy}; fi
${change}
`,
    undo: `if [ -e ${copy} ]; then cat ${copy} >${file}; rm -f ${copy}; else rm -f ${file}; fi
`,
  };
}

/** A file system of its own in a file, mounted at a folder. */
export function smallDisk(
  folder: string,
  size: string,
  make = 'mkfs.ext4 -q -m 0',
  more = ':',
): { readonly provoke: string; readonly undo: string } {
  return {
    provoke: `truncate -s ${size} /var/lib/small-disk
for number in 0 1 2 3 4 5 6 7; do [ -e /dev/loop$number ] || mknod /dev/loop$number b 7 $number; done
[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
${make} /var/lib/small-disk
mount -o loop /var/lib/small-disk ${folder}
${more}
`,
    undo: `umount ${folder}
rm -f /var/lib/small-disk
`,
  };
}

/** Both on, in order; off in the reverse order. */
export function together(...parts: readonly { readonly provoke: string; readonly undo: string }[]): {
  readonly provoke: string;
  readonly undo: string;
} {
  return {
    provoke: parts.map((part) => part.provoke).join('\n'),
    undo: parts
      .toReversed()
      .map((part) => part.undo)
      .join('\n'),
  };
}
