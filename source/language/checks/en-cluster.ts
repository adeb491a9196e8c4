import { text } from './text.ts';

/** Between hosts, of the whole cluster, of the bundle, of applications. */
export const clusterEn = {
  'disk-speed-etcd': text(
    'The disk is fast enough for etcd',
    'etcd writes every change to disk before it answers; a slow disk makes the cluster lose its leader.',
    'Use an SSD or NVMe for /var/lib/etcd; on virtual machines ask for a faster class of disk.',
  ),
  'machine-id-unique': text(
    'Every machine has its own id',
    'Cloned machines share an id, and then the network mixes them up.',
    'On the clone: rm /etc/machine-id; systemd-machine-id-setup; reboot',
  ),
  'hostname-unique': text(
    'Every host has its own name',
    'Two machines with the same name cannot be told apart in logs.',
    'hostnamectl set-hostname …',
  ),
  'address-unique': text(
    'Every address is on one host',
    'Two machines answer for the same address, so connections go to the one or the other.',
    'Give one of them another address.',
  ),
  'address-taken': text(
    'Nobody else answers for the address',
    'Another device in the network has the same address.',
    'Find the device by its hardware address and give it another address.',
  ),
  'hardware-address-unique': text(
    'Every network card has its own address',
    'Cloned machines share the address of their network card, and the switch sends packets to the wrong one.',
    'Give the clone a new MAC address in the settings of the virtual machine.',
  ),
  'host-key-unique': text(
    'Every host has its own SSH key',
    'Cloned machines share the key, so each can pretend to be the other.',
    'On the clone: rm /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart sshd',
  ),
  'clock-skew': text(
    'Clocks agree',
    'Certificates, leases and logs compare times of different machines.',
    'Set the clocks by one time service, e.g. chrony on every host.',
  ),
  'timezone-same': text(
    'One time zone',
    'Times in logs of different machines cannot be compared at a glance.',
    'timedatectl set-timezone UTC',
  ),
  'cgroup-version-same': text(
    'One cgroup version',
    'Settings of Kubernetes hold for all nodes; with two versions some of them do not fit.',
    'Bring all machines to cgroup version 2.',
  ),
  'distribution-same': text(
    'One distribution',
    'Different systems in one cluster work, but cost more care.',
    'Nothing has to be done.',
  ),
  'mesh-api': text(
    'The Kubernetes API can be reached',
    'Every node talks to every control plane.',
    'Open 6443/tcp on the control planes for all hosts.',
  ),
  'mesh-etcd': text(
    'etcd can be reached',
    'The control planes keep one state together over these ports.',
    'Open 2379 and 2380/tcp among the control planes.',
  ),
  'mesh-registry': text(
    'The registry can be reached',
    'Every node pulls its images from the control planes.',
    'Open the port of the registry (5443/tcp) on the control planes for all hosts.',
  ),
  'mesh-kubelet': text(
    'The kubelet can be reached',
    'Logs, exec and metrics go from the control planes to this port of every host.',
    'Open 10250/tcp on all hosts for the control planes.',
  ),
  'mesh-overlay': text(
    'The network between pods can pass',
    'Pods of different machines talk through this tunnel.',
    'Open 8472/udp among all hosts.',
  ),
  'mesh-loss': text(
    'No packets are lost',
    'Lost packets make everything slow and let the cluster change its leader.',
    'Look for a bad cable, a full link or an address that is used twice.',
  ),
  'mesh-latency': text(
    'Hosts are near each other',
    'Far-away machines make every request slow.',
    'Use machines of one place.',
  ),
  'mesh-latency-etcd': text(
    'Control planes are very near each other',
    'Each change waits until more than half of the control planes have it.',
    'Put the control planes into one place, at best below 2 ms apart.',
  ),
  'mesh-path-mtu': text(
    'Big packets pass',
    'Packets of the size the hosts send do not arrive at the other end; connections hang when much data comes.',
    'Set the MTU of the interfaces to what the network between them carries.',
  ),
  'control-plane-single': text(
    'A second control plane',
    'With one control plane the cluster stands still when this machine fails.',
    'Use 3 control planes.',
  ),
  'control-plane-sizes': text(
    'Control planes are alike',
    'The smallest control plane sets the pace.',
    'Use machines of the same size.',
  ),
  'workers-none': text(
    'Workers',
    'Applications run on the control planes, which have to share their memory with them.',
    'Add workers when load grows.',
  ),
  'pod-network-overlap': text(
    'The pod network is unused',
    'Addresses of pods would hide machines of your network, or the reverse.',
    'Choose another network.podCidr in the cluster document.',
  ),
  'service-network-overlap': text(
    'The service network is unused',
    'Addresses of services would hide machines of your network.',
    'Choose another network.serviceCidr in the cluster document.',
  ),
  'virtual-address-unused': text(
    'The virtual address of the load balancer is unused',
    'Every node has it for itself, so that no node would reach a machine of your network that has it too.',
    'Choose another loadBalancer.address in the cluster document, or leave it out.',
  ),
  'pod-network-room': text(
    'Room for more nodes',
    'Every node takes 256 addresses of the pod network; it cannot be made bigger later.',
    'Choose a bigger network.podCidr, as 10.244.0.0/16.',
  ),
  'dns-domain-real': text(
    'The cluster has a domain of its own',
    'The search domain of a host is that of the cluster, so that names of your network cannot be found.',
    'Choose another network.dnsDomain in the cluster document.',
  ),
  'bundle-opens': text(
    'The bundle can be read',
    'Everything that is installed comes from it.',
    'Copy the bundle again; look at: landfall bundle verify',
  ),
  'bundle-complete': text(
    'The bundle is whole',
    'A file of the bundle is missing or has the wrong size.',
    'Copy the bundle again.',
  ),
  'bundle-architecture': text(
    'The bundle fits the processors',
    'The bundle has no programs for the processor of this host.',
    'Build or fetch a bundle for this architecture.',
  ),
  'bundle-version': text(
    'The bundle has the wanted version',
    'The document asks for another Kubernetes than the bundle holds.',
    'Change kubernetes.version in the document, or use another bundle.',
  ),
  'bundle-space': text(
    'The bundle fits on the disks',
    'The disk would be full before the installation ends.',
    'Free space on the mount that is named.',
  ),
  'bundle-media-speed': text(
    'The medium is fast',
    'Every byte is read from it; with a slow stick this takes long.',
    'Copy the bundle to a local disk first (Import a bundle on the first screen of landfall, or cp -r).',
  ),
  'bundle-media-type': text(
    'The medium keeps big files',
    'This file system takes no file of 4 GiB and more.',
    'Bundles are made to fit; format the stick as exFAT or ext4 for other use.',
  ),
  'application-known': text(
    'The application is in the catalogue',
    'An application that is not there cannot be installed.',
    'Correct its name, or use a bundle that holds it.',
  ),
  'application-fit-memory': text(
    'Applications fit into the memory',
    'Pods without a place stay pending.',
    'Add memory or hosts, or leave an application out.',
  ),
  'application-fit-processor': text(
    'Applications fit onto the processors',
    'Pods without a place stay pending.',
    'Add processors or hosts, or leave an application out.',
  ),
  'application-fit-disk': text(
    'Applications fit onto the disks',
    'Volumes are made on the disks of the hosts.',
    'Add disks or hosts, or ask for smaller volumes.',
  ),
  'application-fit-host': text(
    'The biggest replica fits onto a host',
    'A replica cannot be spread over hosts; the biggest host is too small for it.',
    'Use a bigger host, or ask for less memory or processors.',
  ),
} as const;
