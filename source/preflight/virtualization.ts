import type { HostFacts } from '../hosts/facts.ts';

const containers = /^(systemd-nspawn|docker|podman|lxc|lxc-libvirt|openvz|container-other|wsl|rkt)$/;

/** Whether the host is a container, which shares clock, load and kernel with the machine around it. */
export function isContainer(facts: HostFacts): boolean {
  return containers.test(facts.details.virtualization ?? 'none');
}
