/**
 * Where a host has cgroup version 1, the kernel tells only the machine's own systemd that a cgroup became empty, and the
 * systemd of a host in a container waits for its scopes until their time is over. This tells it while the host goes down.
 */
export const emptiedCgroupsScript = `#!/bin/sh
attempts=0
while [ "$attempts" -lt 300 ]; do
  scopes=$(find /sys/fs/cgroup/systemd -type d -name '*.scope' 2>/dev/null)
  [ -n "$scopes" ] || exit 0
  for scope in $scopes; do
    if [ -z "$(find "$scope" -name cgroup.procs -exec cat {} + 2>/dev/null)" ]; then
      /lib/systemd/systemd-cgroups-agent "\${scope#/sys/fs/cgroup/systemd}"
    fi
  done
  sleep 0.3
  attempts=$((attempts + 1))
done
`;

export const emptiedCgroupsUnit = `[Unit]
Description=Tell systemd of cgroups that became empty while this machine goes down
DefaultDependencies=no
Conflicts=shutdown.target
ConditionPathIsDirectory=/sys/fs/cgroup/systemd

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=/usr/local/sbin/lab-emptied-cgroups
`;
