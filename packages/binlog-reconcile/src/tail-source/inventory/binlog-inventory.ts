import { stat } from 'node:fs/promises';
import { uptime } from 'node:os';
import { basename } from 'node:path';
import { EncryptedBinlogError } from '../../events/errors.js';
import { GtidSet } from '../../gtid/gtid-set.js';
import { MariadbGtidSet } from '../../gtid/mariadb-gtid-set.js';
import { readBinlogIndex } from '../../reading/file-list.js';
import { TailSourceError } from '../errors.js';
import { readFileHead, type FileHead } from './file-head.js';
import { scanFile, type FileScan, type TornTail } from './file-scan.js';

/** How much of the last file is looked at event by event after a crash of its server only. */
const VERIFIED_BYTES = 1 << 17;

/**
 * What the binlog files of a dead server hold. The last file is scanned at once, others when they are needed; of the
 * first one only the head is read.
 */
export class BinlogInventory {
  readonly #heads = new Map<string, Promise<FileHead>>();
  readonly #scans = new Map<string, Promise<FileScan>>();

  private constructor(
    /** Paths of the files, oldest first. */
    private readonly paths: readonly string[],
    private readonly lastHead: FileHead,
    private readonly lastScan: FileScan,
    /** What the server had committed, purged transactions included. */
    readonly executed: GtidSet | MariadbGtidSet,
    /** What no file holds any more. */
    readonly purged: GtidSet | MariadbGtidSet,
    /** Why a newer file does not count, else `null`. */
    private readonly unfinished: string | null,
  ) {
    this.#heads.set(basename(lastHead.path), Promise.resolve(lastHead));
    this.#scans.set(basename(lastHead.path), Promise.resolve(lastScan));
  }

  /**
   * @param knownPurged `gtid_purged` as it was when the server lived, also what was set by hand or by a clone: no file
   *   says that
   * @throws TailSourceError, BinlogIndexError, EncryptedBinlogError, NotABinlogError, BinlogCorruptError
   */
  static async read(
    index: string,
    { knownPurged, signal }: { readonly knownPurged?: string; readonly signal?: AbortSignal } = {},
  ): Promise<BinlogInventory> {
    const paths = await readBinlogIndex(index);
    const { head, at } = await newestHead(paths);
    const { first, from } = at === 0 ? { first: head, from: 0 } : await oldestHead(paths, at);
    const used = paths.slice(from, at + 1);
    const { mtimeMs } = await stat(head.path);
    // Without a restart of the machine every byte that the server wrote is there; after one, what was not flushed may be
    // missing anywhere.
    const restarted = mtimeMs < Date.now() - uptime() * 1_000;
    const scan = await scanFile(head, {
      verifiedBytes: restarted ? Number.MAX_SAFE_INTEGER : VERIFIED_BYTES,
      ...(signal === undefined ? {} : { signal }),
    });
    if (head.previous === null) {
      throw new TailSourceError(
        `${head.file} has no list of earlier GTIDs: the server wrote it without GTIDs, and without them no replica can say what it lacks`,
      );
    }
    const unfinished =
      at === paths.length - 1
        ? null
        : `${basename(paths[at + 1] ?? '')} was being made when the server died and holds nothing`;
    const set =
      head.previous instanceof MariadbGtidSet
        ? mariadbSets(first, head.previous, scan)
        : mysqlSets(first, head.previous, scan, knownPurged ?? '');
    return new BinlogInventory(used, head, scan, set.executed, set.purged, unfinished);
  }

  get flavor(): 'mysql' | 'mariadb' {
    return this.lastHead.format.flavor;
  }

  /** As the server called itself, e.g. `9.7.4`. */
  get serverVersion(): string {
    return this.lastHead.format.serverVersion;
  }

  get serverId(): number {
    return this.lastHead.serverId;
  }

  /** Whether the last file has checksums. */
  get checksum(): 'none' | 'crc32' {
    return this.lastHead.format.checksum;
  }

  get firstFile(): string {
    return basename(this.paths[0] as string);
  }

  get lastFile(): string {
    return this.lastHead.file;
  }

  get fileCount(): number {
    return this.paths.length;
  }

  get torn(): TornTail | null {
    return this.lastScan.torn;
  }

  /** What was being written when the server died, in words; `null` when nothing was. */
  get tornText(): string | null {
    const { torn } = this;
    if (torn === null) return this.unfinished;
    const what = torn.gtid === undefined ? 'a transaction' : `transaction ${torn.gtid}`;
    return `${what} at ${torn.file}:${torn.position} is not whole (${torn.why}): its ${torn.bytes} bytes are not served`;
  }

  /** The file's place in the order of files, -1 if there is no such file. */
  indexOf(file: string): number {
    return this.paths.findIndex((path) => basename(path) === file);
  }

  /** @throws TailSourceError when the file was not finished, BinlogError for damage */
  head(index: number): Promise<FileHead> {
    const path = this.paths[index] as string;
    const file = basename(path);
    let head = this.#heads.get(file);
    if (head === undefined) {
      head = readFileHead(path).then((found) => {
        if (found === null) throw new TailSourceError(`${file} ends inside its first events`);
        return found;
      });
      this.#remember(this.#heads, file, head);
    }
    return head;
  }

  /**
   * Behind the last whole transaction of a file. An earlier file is whole where its transactions state how long they are:
   * the server that opened the next one had cut off before what was torn.
   */
  async end(index: number): Promise<number> {
    const head = await this.head(index);
    if (index < this.paths.length - 1 && statesLengths(head)) return (await stat(head.path)).size;
    let scan = this.#scans.get(head.file);
    if (scan === undefined) {
      scan = scanFile(head, { verifiedBytes: 0, mayBeTorn: index < this.paths.length - 1 });
      this.#remember(this.#scans, head.file, scan);
    }
    return (await scan).end;
  }

  /** Names of the files, and how many bytes of each are served. */
  async sizes(): Promise<(readonly [string, string])[]> {
    const sizes: (readonly [string, string])[] = [];
    for (const [index, path] of this.paths.entries()) {
      const bytes = index === this.paths.length - 1 ? await this.end(index) : (await stat(path)).size;
      sizes.push([basename(path), String(bytes)]);
    }
    return sizes;
  }

  /** Index of the newest file of whose list of earlier GTIDs `fits` holds; -1 when there is none. */
  async newestFile(
    fits: (previous: GtidSet | MariadbGtidSet | null, isFirst: boolean) => boolean,
  ): Promise<number> {
    for (let index = this.paths.length - 1; index >= 0; index--) {
      const { previous } = await this.head(index);
      if (fits(previous, index === 0)) return index;
    }
    return -1;
  }

  /** A reading that failed is tried again the next time. */
  #remember<T>(map: Map<string, Promise<T>>, key: string, reading: Promise<T>): void {
    map.set(key, reading);
    reading.catch(() => map.delete(key));
  }
}

/** Since MySQL 8.0.2 a GTID event states the length of its transaction. */
function statesLengths({ format }: FileHead): boolean {
  return format.flavor === 'mysql' && Number.parseInt(format.serverVersion, 10) >= 8;
}

/** The last file whose head is whole: a server may die while it makes another. */
async function newestHead(
  paths: readonly string[],
): Promise<{ readonly head: FileHead; readonly at: number }> {
  for (let at = paths.length - 1; at >= 0; at--) {
    const head = await readFileHead(paths[at] as string);
    if (head !== null) return { head, at };
  }
  throw new TailSourceError(`none of the files in the index (${paths.length}) holds a whole event`);
}

/** The first file; where it is encrypted, the one behind the last that is: what came before counts as purged. */
async function oldestHead(
  paths: readonly string[],
  newest: number,
): Promise<{ readonly first: FileHead; readonly from: number }> {
  let first = await unlessEncrypted(paths[0] as string);
  let from = 0;
  if (first === null) {
    for (from = newest; from > 0; from--) {
      const before = await unlessEncrypted(paths[from - 1] as string);
      if (before === null) break;
      first = before;
    }
    first ??= await readFileHead(paths[from] as string);
  }
  if (first === null) {
    throw new TailSourceError(`${basename(paths[from] ?? '')} ends inside its first events`);
  }
  return { first, from };
}

/** `null` for a file that is encrypted. */
async function unlessEncrypted(path: string): Promise<FileHead | null> {
  try {
    const head = await readFileHead(path);
    if (head === null) throw new TailSourceError(`${basename(path)} ends inside its first events`);
    return head;
  } catch (error) {
    if (error instanceof EncryptedBinlogError) return null;
    throw error;
  }
}

function mysqlSets(
  first: FileHead,
  previous: GtidSet,
  scan: FileScan,
  knownPurged: string,
): { readonly executed: GtidSet; readonly purged: GtidSet } {
  const known = GtidSet.parse(knownPurged);
  const before = first.previous instanceof GtidSet ? first.previous : GtidSet.empty;
  const executed = previous.union(scan.gtids).union(known);
  return { executed, purged: before.union(known) };
}

function mariadbSets(
  first: FileHead,
  previous: MariadbGtidSet,
  scan: FileScan,
): { readonly executed: MariadbGtidSet; readonly purged: MariadbGtidSet } {
  const before = first.previous instanceof MariadbGtidSet ? first.previous : MariadbGtidSet.empty;
  return { executed: previous.union(MariadbGtidSet.fromGtids(scan.mariadbGtids)), purged: before };
}
