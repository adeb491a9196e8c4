import type { HostDetails } from './host-details.ts';

/** What is known of a host after one round trip. */
export type HostFacts = {
  readonly hostname: string;
  readonly machineId: string;
  readonly distribution: { readonly id: string; readonly version: string; readonly name: string };
  readonly kernel: string;
  readonly architecture: 'amd64' | 'arm64';
  readonly cgroupVersion: 1 | 2;
  readonly systemdVersion: number;
  readonly processors: number;
  /** Bytes. */
  readonly memory: number;
  /** Bytes; 0 when off. */
  readonly swap: number;
  /** Hard limit of open files root can have; containerd's unit may not ask for more. */
  readonly openFilesLimit: number;
  /** False where root may not lower oom_score_adj (some containers): containerd must be told. */
  readonly canLowerOomScore: boolean;
  /** False where root may not set the limits of connection tracking (some containers): kube-proxy must be told. */
  readonly canSetConntrack: boolean;
  /** Free and total bytes of the file systems that hold these paths. */
  readonly mounts: readonly {
    readonly path: string;
    readonly mount: string;
    readonly type: string;
    readonly size: number;
    readonly free: number;
  }[];
  readonly addresses: readonly {
    readonly interface: string;
    readonly address: string;
    readonly prefix: number;
    readonly mtu: number;
  }[];
  readonly routes: readonly { readonly destination: string; readonly interface: string }[];
  /** Seconds since 1970 on the host when asked. */
  readonly time: number;
  /** TCP ports in use, with the process that holds them where it can be seen. */
  readonly listening: readonly { readonly port: number; readonly address: string; readonly process: string }[];
  /** Which of the asked-for programs are on PATH. */
  readonly tools: readonly string[];
  readonly selinux: 'enforcing' | 'permissive' | 'disabled';
  /** Files of older clusters or container runtimes that were found. */
  readonly leftovers: readonly string[];
  /** Units of container runtimes and Kubernetes that are installed, with the file each comes from. */
  readonly units: readonly { readonly name: string; readonly file: string }[];
  /** What the checks look at; any of it may be unknown. */
  readonly details: HostDetails;
};
