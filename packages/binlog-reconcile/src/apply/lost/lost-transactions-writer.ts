import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FormatDescription } from '../../events/index.js';
import { MAGIC } from '../../reading/index.js';
import type { BinlogPosition, SchemaSource, TornTransaction, Transaction } from '../../rows/model.js';
import { formatDescriptionBytes } from '../../sql/binlog-form/event-bytes.js';
import { transactionJsonLines } from '../../sql/text/json-lines.js';
import { TransactionIndex } from '../../sql/text/newest-first.js';
import { SqlTextWriter } from '../../sql/text/sql-text.js';
import { BinlogSummarizer } from '../../sql/text/summary.js';
import { UndoPlanner, type UndoPlan, type UndoPlanOptions } from '../../sql/undo-plan/index.js';
import { commentText } from '../../sql/quoting.js';
import { DurableFile, syncFolder } from './durable-file.js';
import { LostTransactions } from './lost-transactions.js';
import {
  LostTransactionsError,
  lostTransactionsManifestVersion,
  manifestCounts,
  type LostTransactionsFile,
  type LostTransactionsInfo,
  type LostTransactionsManifest,
} from './manifest.js';

/** How lost transactions are written and judged. */
export interface LostTransactionsOptions extends UndoPlanOptions {
  /** What the transactions that are added were read with; `undo.sql` is written from the saved events with it. */
  readonly schema?: SchemaSource;
  /** The time in the name; by default now. */
  readonly now?: Date;
}

const UNFINISHED = '.unfinished-';
/** Directories of the same name that are tried. */
const NAMES_MAX = 1_000;

/**
 * Writes lost transactions to a directory of their own: `manifest.json`, `redo.sql`, `undo.sql`, `rows.jsonl`, and the
 * binlog events as they were (`events.000001`, ...: binlog files). All of it is written under a name that nobody reads,
 * flushed to disk, and renamed at the end: a directory with a name is whole, whenever the process died. Nothing is ever
 * overwritten, and names sort by time.
 *
 * ```ts
 * const writer = await LostTransactionsWriter.create('/var/lib/dcmha/lost', { group, server, reason });
 * for await (const transaction of transactions(source)) await writer.add(transaction);
 * const { saved, plan } = await writer.commit();
 * ```
 */
export class LostTransactionsWriter {
  readonly #planner: UndoPlanner;
  readonly #summarizer = new BinlogSummarizer();
  readonly #redo = new SqlTextWriter('redo');
  readonly #closed: LostTransactionsFile[] = [];
  readonly #eventFiles: string[] = [];
  /** XA transactions that were prepared: whether they are undone is known only at the end. */
  readonly #prepared: {
    readonly original: Pick<Transaction, 'gtid' | 'start'>;
    readonly saved: BinlogPosition;
  }[] = [];
  #events: DurableFile | undefined;
  #format: FormatDescription | undefined;
  #done = false;

  private constructor(
    private readonly root: string,
    private readonly folder: string,
    private readonly info: LostTransactionsInfo,
    private readonly options: LostTransactionsOptions,
    private readonly redoFile: DurableFile,
    private readonly rowsFile: DurableFile,
  ) {
    this.#planner = new UndoPlanner(options);
  }

  /** Begins a directory under `root`, which is made if need be. */
  static async create(
    root: string,
    info: LostTransactionsInfo,
    options: LostTransactionsOptions = {},
  ): Promise<LostTransactionsWriter> {
    await mkdir(root, { recursive: true, mode: 0o700 });
    const folder = join(root, `${UNFINISHED}${randomBytes(8).toString('hex')}`);
    await mkdir(folder, { mode: 0o700 });
    const redo = await DurableFile.create(folder, 'redo.sql');
    const rows = await DurableFile.create(folder, 'rows.jsonl');
    const writer = new LostTransactionsWriter(root, folder, info, options, redo, rows);
    await redo.write(writer.#title('redo'));
    return writer;
  }

  /** Adds the next transaction, oldest first. */
  async add(transaction: Transaction): Promise<void> {
    this.options.signal?.throwIfAborted();
    await this.#planner.add(transaction);
    this.#summarizer.add(transaction);
    await this.#writeEvents(transaction);
    for (const piece of this.#redo.transaction(transaction)) await this.redoFile.write(piece);
    for (const line of transactionJsonLines(transaction)) await this.rowsFile.write(line);
  }

  /** Notes a transaction whose end is missing: it is in none of the files, but the reason why nothing is undone. */
  addTorn(torn: TornTransaction): void {
    this.#planner.addTorn(torn);
  }

  /** Makes everything durable under its name. */
  async commit(): Promise<{ readonly saved: LostTransactions; readonly plan: UndoPlan }> {
    if (this.#done) throw new LostTransactionsError(this.folder, 'was committed or given up already');
    const plan = this.#planner.finish();
    await this.redoFile.write(this.#redo.end());
    await this.#events?.flush();
    // Flushed to disk while undo.sql is written from what was read.
    const closing = Promise.all([this.#closeEvents(), this.redoFile.close(), this.rowsFile.close()]);
    closing.catch(() => undefined);
    const undo = await this.#writeUndo(plan);
    const [, redo, rows] = await closing;
    this.#closed.push(redo, rows, undo);
    this.#done = true;
    const createdAt = this.options.now ?? new Date();
    const base = directoryName(createdAt, this.info);
    for (let attempt = 1; attempt <= NAMES_MAX; attempt++) {
      const id = attempt === 1 ? base : `${base}-${attempt}`;
      const manifest = this.#manifest(id, createdAt, plan);
      await this.#writeManifest(manifest);
      await syncFolder(this.folder);
      const path = join(this.root, id);
      if (!(await renamed(this.folder, path))) continue;
      await syncFolder(this.root);
      return { saved: new LostTransactions(path, manifest), plan };
    }
    throw new LostTransactionsError(join(this.root, base), `exists already, with ${NAMES_MAX} suffixes`);
  }

  /** Throws away what was written. */
  async abort(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    for (const file of [this.redoFile, this.rowsFile, this.#events]) await file?.abandon();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #writeEvents(transaction: Transaction): Promise<void> {
    let first = true;
    for (const event of transaction.rawEvents()) {
      if (this.#events === undefined || !sameFormat(this.#format, event.format)) {
        await this.#closeEvents();
        const name = `events.${String(this.#eventFiles.length + 1).padStart(6, '0')}`;
        this.#eventFiles.push(name);
        this.#events = await DurableFile.create(this.folder, name);
        this.#format = event.format;
        await this.#events.write(MAGIC);
        const { checksum } = event.format;
        await this.#events.write(
          formatDescriptionBytes(event.format, { serverId: transaction.serverId, checksum }),
        );
      }
      if (first && transaction.ending === 'xa-prepare') {
        const saved = { file: this.#events.name, position: this.#events.bytes };
        this.#prepared.push({ original: { gtid: transaction.gtid, start: transaction.start }, saved });
      }
      first = false;
      await this.#events.write(event.bytes);
    }
  }

  async #closeEvents(): Promise<void> {
    if (this.#events !== undefined) this.#closed.push(await this.#events.close());
    this.#events = undefined;
  }

  /** From the events just written, backwards. */
  async #writeUndo(plan: UndoPlan): Promise<LostTransactionsFile> {
    const file = await DurableFile.create(this.folder, 'undo.sql');
    try {
      await file.write(this.#title('undo'));
      if (plan.ok) {
        const writer = new SqlTextWriter('undo');
        const open = LostTransactions.openEvents(this.folder, this.#eventFiles, this.options.schema);
        const index = new TransactionIndex();
        for await (const transaction of open({})) index.add(transaction);
        const rolledBack = new Set(
          this.#prepared
            .filter(({ original }) => !plan.undoes(original))
            .map(({ saved }) => placeText(saved)),
        );
        for await (const transaction of index.newestFirst(open)) {
          if (rolledBack.has(placeText(transaction.start))) continue;
          for (const piece of writer.transaction(transaction)) await file.write(piece);
        }
        await file.write(writer.end());
      } else {
        await file.write(`-- These transactions cannot be taken back from the binlog:\n`);
        for (const { message } of plan.refusals) await file.write(`-- ${commentText(message)}\n`);
      }
      return await file.close();
    } catch (error) {
      await file.abandon();
      throw error;
    }
  }

  #manifest(id: string, createdAt: Date, plan: UndoPlan): LostTransactionsManifest {
    return {
      version: lostTransactionsManifestVersion,
      id,
      ...this.info,
      createdAt: createdAt.toISOString(),
      ...manifestCounts(this.#summarizer.summary()),
      invertible: plan.ok,
      refusals: plan.refusals,
      files: this.#closed,
    };
  }

  async #writeManifest(manifest: LostTransactionsManifest): Promise<void> {
    await rm(join(this.folder, 'manifest.json'), { force: true });
    const file = await DurableFile.create(this.folder, 'manifest.json');
    await file.write(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.close();
  }

  #title(direction: 'redo' | 'undo'): string {
    const { group, server, reason } = this.info;
    const what = direction === 'redo' ? 'makes them again' : 'takes them back, newest first';
    return `-- Transactions of ${commentText(server)} (group ${commentText(group)}) that were lost: this ${what}.\n-- ${commentText(reason)}\n`;
  }
}

/** Removes what writers left behind whose process died. Call it when no other process writes under this root. */
export async function removeUnfinishedLostTransactions(root: string): Promise<void> {
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) {
    if (name.startsWith(UNFINISHED)) await rm(join(root, name), { recursive: true, force: true });
  }
}

function placeText({ file, position }: BinlogPosition): string {
  return `${file}:${position}`;
}

/** `20241122T220501123Z-group-host-port`. */
function directoryName(time: Date, { group, server }: LostTransactionsInfo): string {
  const safe = (text: string) => text.replace(/[^A-Za-z0-9._]+/g, '-').slice(0, 80);
  return `${time.toISOString().replace(/[-:.]/g, '')}-${safe(group)}-${safe(server)}`;
}

/** False when the name is taken: a folder with files in it cannot be renamed over. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') return false;
    throw error;
  }
}

function sameFormat(a: FormatDescription | undefined, b: FormatDescription): boolean {
  return a === b || (a !== undefined && a.serverVersion === b.serverVersion && a.checksum === b.checksum);
}
