import type { Readable } from 'node:stream';

export type Architecture = 'amd64' | 'arm64';

/** What a file of the bundle is for; decides where on a host it goes. */
export type FileRole =
  | 'containerd'
  | 'runc'
  | 'cni-plugins'
  | 'kubeadm'
  | 'kubelet'
  | 'kubectl'
  | 'crictl'
  | 'registry'
  | 'etcdctl'
  | 'helm'
  | 'landfall';

/** A file in the bundle, per architecture. `archive` files are tar.gz and are unpacked on the host. */
export type BundleFile = {
  readonly role: FileRole;
  readonly version: string;
  readonly architecture: Architecture;
  readonly archive: boolean;
  /** Upstream name it was taken from. */
  readonly source: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
};

/** Who pulls an image; decides what each kind of node is made to pull early. */
export type ImageUse = 'every-node' | 'control-plane' | 'load-balancer' | 'network' | 'cluster' | 'application';

export type BundleImage = {
  /** Upstream name with tag, `registry.k8s.io/pause:3.10.2`. */
  readonly name: string;
  /** `sha256:…` of the image index or manifest. */
  readonly digest: string;
  readonly use: ImageUse;
  readonly architectures: readonly Architecture[];
};

/** A blob of the layout: manifests, configurations, layers and files alike. */
export type BundleBlob = { readonly digest: string; readonly size: number };

/** An opened bundle. Reading verifies: a blob whose bytes do not match its digest ends in BUNDLE_CORRUPT. */
export interface Bundle {
  readonly directory: string;
  readonly kubernetesVersion: string;
  readonly architectures: readonly Architecture[];
  readonly files: readonly BundleFile[];
  readonly images: readonly BundleImage[];
  /** The file of that role; BUNDLE_FILE_MISSING when there is none for the architecture. */
  file(role: FileRole, architecture: Architecture): BundleFile;
  openFile(file: BundleFile, offset?: number): Readable;
  /**
   * The content of a file without a proof of its digest, for a reader that proves it: a piece is done with when the next
   * one is asked for.
   */
  filePieces(file: BundleFile, offset: number): AsyncIterable<Buffer>;
  /** Every manifest, configuration and layer an image needs for these architectures, manifests last. */
  imageBlobs(image: BundleImage, architectures: readonly Architecture[]): Promise<readonly BundleBlob[]>;
  openBlob(digest: string, offset?: number): Readable;
}
