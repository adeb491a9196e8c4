/** What a build tells while it runs. Sizes in bytes. */
export type BuildEvent =
  /** All names are resolved. `bytes` leaves out files whose source tells no size. */
  | {
      readonly kind: 'resolved';
      readonly images: number;
      readonly files: number;
      readonly items: number;
      readonly bytes: number;
    }
  /** What was there already has been proved; `bytes` are still to be fetched. */
  | { readonly kind: 'compared'; readonly items: number; readonly bytes: number }
  | {
      readonly kind: 'progress';
      readonly bytes: number;
      readonly totalBytes: number;
      readonly items: number;
      readonly totalItems: number;
    }
  | { readonly kind: 'fetched'; readonly item: string; readonly size: number }
  /** Something in the folder was not what it should be; it is fetched again. */
  | { readonly kind: 'damaged'; readonly item: string }
  | { readonly kind: 'retry'; readonly item: string; readonly reason: string };
