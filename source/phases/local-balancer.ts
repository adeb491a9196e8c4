import type { BundleImage } from '../bundle/contents.ts';
import type { PlacedFile } from '../hosts/placed-files.ts';
import { hostPaths } from './paths.ts';

/** Where the balancer of a node is, whichever driver it is of. */
export const balancerPaths = {
  settings: `${hostPaths.configuration}/load-balancer`,
  unit: 'landfall-load-balancer.service',
  script: `${hostPaths.state}/load-balancer.sh`,
  runtime: '/run/landfall-load-balancer',
} as const;

/** A balancer that runs on the node itself, as a service from a copy of its image. */
export type LocalBalancer = {
  /** Files that another set of control planes changes; a reload takes them over. */
  readonly settings: readonly PlacedFile[];
  /** Script of `assets/` that the unit runs: `start`, `reload`, `loaded`, `end`. */
  readonly asset: string;
  readonly unitText: string;
  /** Condition in sh: it takes connections. */
  readonly serving: string;
  /** Port on which it listens, where it is a process that does. */
  readonly listens?: number;
};

/** Starts the service with the files that are there, in sh; ends with 1 and its last lines when it takes no connections. */
export function startScript(serving: string): string {
  const { unit } = balancerPaths;
  return `systemctl daemon-reload && systemctl enable --quiet ${unit} && systemctl restart ${unit}
for attempt in $(seq 100); do ${serving} && exit 0; sleep 0.1; done
journalctl -u ${unit} -n 15 --no-pager >&2; exit 1`;
}

/** Folder with the copy of an image; another image has another one. */
export function balancerRoot(image: Pick<BundleImage, 'digest'>): string {
  return `${hostPaths.state}/load-balancer/root-${image.digest.replace(/^sha256:/, '').slice(0, 16)}`;
}
