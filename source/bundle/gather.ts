import { findBlob, proveBlob, removeBlob } from './blob-store.ts';
import type { BuildEvent } from './build-events.ts';
import { requireSpace } from './build-output.ts';
import { type Download, type Downloaded, type DownloadTarget, fetchBlob } from './download.ts';
import type { HttpSettings } from './http.ts';
import { inParallel, type Stop, throwIfStopped } from './parallel.ts';

type Count = { readonly items: number; readonly bytes: number };
type Content = { readonly digest: string; readonly size: number };

/** How many connections are open at a time. */
export const connections = 4;

/** Brings blobs and files into a layout, each once, and counts what that took. */
export type Gatherer = {
  /** Fetches one thing at once; the same one asked for twice is fetched once. */
  fetchOne(download: Download, onSize?: (size: number) => void): Promise<Downloaded>;
  /**
   * Proves what is there and fetches the rest.
   * @param onHave told of each one that is in the layout, by its key
   * @returns content by key
   */
  gather(
    downloads: readonly Download[],
    onHave: (key: string, content: Content) => Promise<void>,
  ): Promise<ReadonlyMap<string, Content>>;
  /** `bytes` are those that came over the network; what an earlier build had fetched of an item is not among them. */
  counts(): { readonly fetched: Count; readonly present: Count };
};

export function gatherer(
  target: DownloadTarget,
  settings: HttpSettings,
  stop: Stop,
  tell: (event: BuildEvent) => void,
): Gatherer {
  const running = new Map<string, Promise<Downloaded>>();
  const fetched = { items: 0, bytes: 0 };
  const present = { items: 0, bytes: 0 };

  const fetchOne: Gatherer['fetchOne'] = (download, onSize = () => undefined) => {
    const begun = running.get(download.key);
    if (begun !== undefined) return begun;
    const work = fetchBlob(download, target, settings, onSize).then((downloaded) => {
      fetched.items++;
      fetched.bytes += downloaded.received;
      return downloaded;
    });
    running.set(download.key, work);
    return work;
  };

  return {
    fetchOne,
    counts: () => ({ fetched: { ...fetched }, present: { ...present } }),
    async gather(downloads, onHave) {
      const distinct = [...new Map(downloads.map((download) => [download.key, download])).values()];
      const contents = new Map<string, Content>();
      const missing: Download[] = [];
      let bytes = 0;
      let totalBytes = distinct.reduce((sum, download) => sum + (download.size ?? 0), 0);
      const progress = (): void =>
        tell({ kind: 'progress', bytes, totalBytes, items: contents.size, totalItems: distinct.length });
      const have = async (download: Download, content: Content): Promise<void> => {
        contents.set(download.key, { digest: content.digest, size: content.size });
        progress();
        await onHave(download.key, content);
      };
      /** Takes note of how much of one item is there; the item's share of the total grows when its size was unknown. */
      const counter = (download: Download): ((size: number) => void) => {
        let counted = 0;
        return (size) => {
          bytes += size - counted;
          if (download.size === undefined) totalBytes += size - counted;
          counted = size;
          progress();
        };
      };

      for (const download of distinct) {
        throwIfStopped(settings.signal);
        const blob = download.digest === undefined ? undefined : await findBlob(target.directory, download.digest);
        if (blob === undefined) {
          missing.push(download);
          continue;
        }
        const size = download.size ?? blob.size;
        const count = counter(download);
        let proved = 0;
        try {
          await proveBlob(blob, size, download.item, {
            signal: settings.signal,
            onBytes: (read) => {
              proved += read;
              count(proved);
            },
          });
        } catch {
          throwIfStopped(settings.signal);
          tell({ kind: 'damaged', item: download.item });
          await removeBlob(blob);
          count(0);
          missing.push(download);
          continue;
        }
        if (!running.has(download.key)) {
          present.items++;
          present.bytes += size;
        }
        await have(download, { digest: blob.digest, size });
      }
      // A blob that was fetched and is damaged now has to come once more.
      for (const download of missing) running.delete(download.key);
      const needed = missing.reduce((sum, download) => sum + (download.size ?? 0), 0);
      tell({ kind: 'compared', items: missing.length, bytes: needed });
      await requireSpace(target.directory, needed);

      await inParallel(missing, connections, stop, async (download) => {
        throwIfStopped(settings.signal);
        const downloaded = await fetchOne(download, counter(download));
        tell({ kind: 'fetched', item: download.item, size: downloaded.size });
        await have(download, downloaded);
      });
      return contents;
    },
  };
}
