/** Whether the kernel can do something: it can, it would load a module for it, it cannot. */
export type KernelFeature = 'yes' | 'loadable' | 'no';

export type MountedFileSystem = {
  readonly mount: string;
  readonly type: string;
  readonly options: readonly string[];
  readonly device: string;
};

export type NetworkInterface = {
  readonly name: string;
  readonly hardwareAddress: string;
  /** `up`, `down`, `unknown`. */
  readonly state: string;
  /** Megabits a second; undefined where the device does not say. */
  readonly speed: number | undefined;
  readonly duplex: string;
  /** False for bridges, tunnels and other devices that are made by software. */
  readonly physical: boolean;
};

export type ListeningSocket = {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly process: string | undefined;
  readonly pid: number | undefined;
  readonly unit: string | undefined;
};

export type UnitState = {
  readonly name: string;
  /** `loaded`, `masked`, … */
  readonly load: string;
  /** `active`, `inactive`, `failed`, … */
  readonly active: string;
  /** `enabled`, `disabled`, `static`, `-`, … */
  readonly enabled: string;
  readonly file: string;
};

/**
 * What checks look at beyond what an install needs. Every single value may be unknown, where the host has no tool that
 * tells it or runs an older script; a check says so then, and does not guess.
 */
export type HostDetails = {
  /** False for the facts of an older script, in which a missing line means nothing. */
  readonly complete: boolean;
  readonly distributionLike: readonly string[];
  /** Name of process 1. */
  readonly init: string | undefined;
  /** As systemd-detect-virt says it; `none` on bare metal. */
  readonly virtualization: string | undefined;
  readonly processorFlags: readonly string[] | undefined;
  /** Load averages over 1, 5 and 15 minutes. */
  readonly load: readonly number[] | undefined;
  /** Bytes, as all sizes below. */
  readonly memoryAvailable: number | undefined;
  readonly swapUsed: number | undefined;
  readonly hugePages: number | undefined;
  /** Whether the XFS below containerd knows the type of each entry of a folder; undefined for other file systems. */
  readonly xfsKnowsTypes: boolean | undefined;
  /** Uncorrectable errors the memory controllers counted. */
  readonly memoryErrors: number | undefined;
  readonly cgroupControllers: readonly string[] | undefined;
  readonly inodes: readonly { readonly path: string; readonly total: number; readonly free: number }[] | undefined;
  readonly mounted: readonly MountedFileSystem[] | undefined;
  /** Mounts of pods and containers. */
  readonly containerMounts: readonly string[];
  /** Paths that not even root may write to: read-only file systems, files made immutable. */
  readonly notWritable: readonly string[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
  readonly permissions: readonly { readonly path: string; readonly mode: string; readonly owner: string }[] | undefined;
  /** File systems whose own record holds errors, with their number. */
  readonly diskErrors: readonly { readonly device: string; readonly errors: number }[];
  readonly degradedArrays: readonly string[];
  readonly disks:
    | readonly {
        readonly name: string;
        readonly size: number;
        readonly rotational: boolean;
        readonly removable: boolean;
      }[]
    | undefined;
  readonly swapDevices: readonly string[];
  readonly dynamicAddresses: readonly string[];
  readonly interfaces: readonly NetworkInterface[] | undefined;
  readonly routeMetrics: readonly {
    readonly destination: string;
    readonly interface: string;
    readonly metric: number;
  }[];
  readonly neighbours: readonly { readonly address: string; readonly hardwareAddress: string }[];
  /** Undefined when there is no /etc/resolv.conf. */
  readonly nameservers: readonly string[] | undefined;
  readonly dnsSearch: readonly string[];
  /** What systemd-resolved asks. */
  readonly upstreamNameservers: readonly string[];
  readonly hostsLines: readonly { readonly address: string; readonly names: readonly string[] }[] | undefined;
  /** By path below /proc/sys, `net/ipv4/ip_forward`. */
  readonly sysctls: ReadonlyMap<string, string>;
  /** Lines of sysctl files about forwarding, in the order systemd applies the files. */
  readonly sysctlFiles: readonly { readonly file: string; readonly key: string; readonly value: string }[];
  /** Seconds since boot. */
  readonly uptime: number | undefined;
  readonly timezone: string | undefined;
  /** Whether the clock of the machine keeps local time. */
  readonly hardwareClockLocal: boolean | undefined;
  readonly clockSource: string | undefined;
  /** Which time service says that the clock is set; undefined when none says anything. */
  readonly synchronised: 'yes' | 'no' | undefined;
  /** Undefined when sockets could not be listed. */
  readonly listening: readonly ListeningSocket[] | undefined;
  /** Programs in our folder that were there. */
  readonly programs: readonly string[];
  readonly lockdown: string | undefined;
  readonly ufwEnabled: boolean;
  /** `http_proxy=…` without what logs in to it. */
  readonly proxies: readonly string[];
  readonly filesystems: readonly string[] | undefined;
  readonly features: ReadonlyMap<string, KernelFeature>;
  readonly namespaces: readonly string[] | undefined;
  readonly seccomp: boolean | undefined;
  /** Options of the kernel's configuration, where it can be read. */
  readonly kernelOptions: ReadonlyMap<string, boolean>;
  /** False when the folder with the running kernel's modules is gone and another kernel's is there. */
  readonly modulesFolder: boolean | undefined;
  readonly rebootRequired: boolean;
  readonly iptablesVersion: string | undefined;
  /** Default policies of the packet filter, and how many of its own rules drop what comes in. */
  readonly firewall: { readonly input: string; readonly forward: string; readonly drops: number } | undefined;
  readonly clusterChains: { readonly count: number; readonly example: string } | undefined;
  /** Rules in each of the two packet filters of iptables, where both can be read. */
  readonly legacyRules: number | undefined;
  readonly nftRules: number | undefined;
  readonly ipvsServices: number | undefined;
  /** Cluster whose record is on the host, `?` when the record does not name it; undefined when the host is not ours. */
  readonly ownCluster: string | undefined;
  readonly systemdState: string | undefined;
  readonly failedUnits: readonly string[];
  readonly unitStates: readonly UnitState[] | undefined;
  readonly processes: readonly { readonly name: string; readonly count: number }[];
  /** Packages that were left half installed; undefined where no known package manager is. */
  readonly brokenPackages: number | undefined;
  readonly automaticUpdates: boolean;
  /** Settings of the SSH server in lower case; undefined when it does not tell. */
  readonly sshServer: ReadonlyMap<string, string> | undefined;
  /** Public keys of the SSH server, `ssh-ed25519 AAAA…`. */
  readonly hostKeys: readonly string[];
  readonly gpus: readonly { readonly device: string; readonly vendor: string }[];
};
