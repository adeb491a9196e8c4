/** How a host is reached. Secrets are never in the document: it names files, or the program asks. */
export type SshSettings = {
  readonly user: string;
  readonly port: number;
  /** Private key file on the operator machine. */
  readonly keyFile?: string;
  /** File whose content (without its last line break) is the login password. */
  readonly passwordFile?: string;
  /** File with the sudo password, where it differs from the login password. */
  readonly sudoPasswordFile?: string;
  /** `user@host:port` to go through. */
  readonly jumpHost?: string;
};

export type HostRole = 'control-plane' | 'worker';

export type HostEntry = {
  /** Name of the node; RFC 1123. */
  readonly name: string;
  /** IPv4 address the other hosts reach it at. `local` transport is chosen when `connection` says so. */
  readonly address: string;
  readonly role: HostRole;
  readonly connection: 'ssh' | 'local';
  readonly ssh: SshSettings;
};

export type ApplicationEntry = {
  /** Name of the package in the catalogue. */
  readonly package: string;
  /** Name of this installation; the package's name unless set. */
  readonly name: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
};

/**
 * How nodes reach the Kubernetes API: by a balancer on each of them, which listens or stands behind a virtual address that
 * each node has for itself; or by one that the user has, at a name or address that passes connections on to port 6443 of
 * every healthy control plane.
 */
export type LoadBalancer =
  | { readonly driver: 'haproxy'; readonly port: number }
  | { readonly driver: 'keepalived'; readonly address: string; readonly port: number }
  | { readonly driver: 'external'; readonly address: string; readonly port: number };

/** The desired cluster, with every default filled in. The wizard writes it, the engine reads only it. */
export type ClusterDocument = {
  readonly name: string;
  /** `v1.36.3`; absent means what the bundle holds. */
  readonly kubernetesVersion?: string;
  readonly hosts: readonly HostEntry[];
  readonly network: { readonly podCidr: string; readonly serviceCidr: string; readonly dnsDomain: string };
  readonly loadBalancer: LoadBalancer;
  readonly registry: { readonly port: number };
  readonly certificates: {
    /** Days. 36500 (100 years) unless set. */
    readonly validityDays: number;
    readonly rsaBits: 2048 | 3072 | 4096;
    /** More names and addresses the API answers to. */
    readonly additionalNames: readonly string[];
    /** Folder with the user's own authorities on the operator machine, laid out as kubeadm's pki folder. */
    readonly authorityFolder?: string;
    /**
     * Where the keys of the authorities are: on this machine and the control planes, the same but encrypted with a
     * passphrase here, or on the control planes only. `operator` unless set.
     */
    readonly authorityKeys?: 'operator' | 'encrypted' | 'control-planes';
    /** File with the passphrase for `encrypted`. */
    readonly passphraseFile?: string;
  };
  /** Snapshots of etcd that each control plane takes by itself. */
  readonly snapshots: {
    readonly everyMinutes: number;
    /** How many are kept on each control plane; 0 takes none. */
    readonly keep: number;
  };
  /** Free-form settings merged into kubeadm's own documents, kept in full. */
  readonly kubeadm: {
    readonly clusterConfiguration: Readonly<Record<string, unknown>>;
    readonly kubeletConfiguration: Readonly<Record<string, unknown>>;
    readonly kubeProxyConfiguration: Readonly<Record<string, unknown>>;
  };
  /** Findings of checks that are accepted, by the checks' ids; there is no way to accept all. */
  readonly preflight?: { readonly accept: readonly string[] };
  readonly applications: readonly ApplicationEntry[];
};
