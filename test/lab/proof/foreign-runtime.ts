import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openBundle } from '../../../source/bundle/open.ts';
import { componentDirectory } from '../components/build-go.ts';
import { goComponent } from '../components/recipes.ts';
import { must } from '../hosts/command.ts';
import type { Lab } from '../hosts/lab.ts';
import { onHost } from './stage.ts';

const unit = `[Unit]
Description=containerd of a distribution
[Service]
ExecStart=/usr/bin/containerd
KillMode=process
Delegate=yes
[Install]
WantedBy=multi-user.target
`;

// As packages of kubeadm bring it: a drop-in that would make our kubelet start theirs.
const dropIn = '[Service]\nExecStart=\nExecStart=/usr/bin/false\n';

/** Makes a host one on which a containerd of its distribution runs a container, with the unit of a kubelet beside it. */
export async function installForeignRuntime(lab: Lab, host: string, bundleDirectory: string): Promise<void> {
  const root = (name: string): string => path.join(lab.hostRoot(host), name);
  const programs = { containerd: ['containerd', 'containerd-shim-runc-v2', 'ctr'], runc: ['runc'] };
  for (const [component, names] of Object.entries(programs)) {
    for (const name of names)
      copyFileSync(path.join(componentDirectory(goComponent(component)), name), root(`usr/bin/${name}`));
  }
  const units = 'usr/lib/systemd/system';
  mkdirSync(root(`${units}/kubelet.service.d`), { recursive: true });
  writeFileSync(root(`${units}/containerd.service`), unit);
  writeFileSync(root(`${units}/kubelet.service`), unit.replace('containerd of', 'kubelet of'));
  writeFileSync(root(`${units}/kubelet.service.d/10-kubeadm.conf`), dropIn);
  const bundle = await openBundle(bundleDirectory);
  const image = bundle.images.find(({ name }) => name.includes('/pause:'))?.name ?? '';
  const archive = root('root/old-image.tar');
  const source = `oci:${bundleDirectory}:${image}`;
  await must(['skopeo', '--insecure-policy', 'copy', '--quiet', source, `docker-archive:${archive}:${image}`]);
  await onHost(
    lab,
    host,
    `systemctl daemon-reload; systemctl enable --quiet --now containerd
for attempt in $(seq 50); do ctr version >/dev/null 2>&1 && break; sleep 0.2; done
ctr -n old images import --local --no-unpack /root/old-image.tar >/dev/null; rm /root/old-image.tar
ctr -n old run --detach --snapshotter native ${image} old-container`,
  );
}

/** What of it runs and is there, in lines. */
export function foreignRuntimeState(lab: Lab, host: string): Promise<string> {
  return onHost(
    lab,
    host,
    `systemctl show -p ActiveState -p UnitFileState -p FragmentPath containerd kubelet
pgrep -c containerd-shim || :
ls /usr/lib/systemd/system/kubelet.service.d /var/lib/containerd 2>&1
/usr/bin/ctr -n old images ls -q 2>/dev/null || :`,
  );
}
