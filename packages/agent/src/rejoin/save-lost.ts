import { redoSql, rowsJsonLines, undoSql, type Transaction, type UndoPlan } from '@dcmha/binlog-reconcile';
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './rejoin-state.js';

export interface SaveLostInput {
  /** Where the folders of lost transactions are. */
  readonly folder: string;
  readonly server: string;
  readonly group: string;
  readonly primary: string;
  readonly why: string;
  readonly errant: string;
  /** Oldest first. */
  readonly found: readonly Transaction[];
  readonly plan: UndoPlan;
}

export interface SavedLost {
  readonly id: string;
  readonly directory: string;
  readonly gtids: string;
  readonly transactions: number;
  readonly rows: number;
  readonly tables: readonly string[];
  readonly why: string;
}

/**
 * Writes lost transactions to a folder of their own: `manifest.json`, `redo.sql`, `undo.sql` (where they can be undone),
 * `rows.jsonl`, `events.bin` (the original binlog events). Everything is on disk (fsync) before the folder gets its name;
 * names sort by time; a folder that is there is never written to. The same transactions of the same server are saved
 * once: a rejoin that is taken up finds the folder of its first try.
 */
export async function saveLost(input: SaveLostInput): Promise<SavedLost> {
  const { folder, server, group, primary, why, errant, found, plan } = input;
  const tables = [...new Set(found.flatMap((t) => t.tables.map((c) => `${c.schema}.${c.table}`)))].sort();
  const rows = found.reduce((sum, t) => sum + t.rowCount, 0);
  const summary = { gtids: errant, transactions: found.length, rows, tables, why };
  const key = createHash('sha256').update(`${server}\0${errant}`).digest('hex').slice(0, 12);

  await mkdir(folder, { recursive: true, mode: 0o700 });
  const saved = (await readdir(folder)).find((name) => name.endsWith(`-${key}`));
  if (saved !== undefined) return { id: saved, directory: join(folder, saved), ...summary };

  const nowMs = Date.now();
  const id = `${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}-${server.replaceAll(/[^\w.-]/g, '_')}-${key}`;
  const directory = join(folder, id);
  const temporary = join(folder, `.${id}.new`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o700 });
  await write(join(temporary, 'redo.sql'), redoSql(found));
  if (plan.ok)
    await write(join(temporary, 'undo.sql'), undoSql([...found].reverse().filter((t) => plan.undoes(t))));
  await write(join(temporary, 'rows.jsonl'), rowsJsonLines(found));
  await write(join(temporary, 'events.bin'), rawEvents(found));
  const manifest = {
    format: 1,
    id,
    group,
    server,
    primary,
    ...summary,
    savedAtMs: nowMs,
    undoable: plan.ok,
    refusals: plan.refusals.map(({ reason, gtid, message }) => ({ reason, gtid, message })),
    list: found.map((t) => ({
      gtid: t.gtid,
      committedAtMs: Math.floor(t.commitTimeUs / 1000),
      bytes: t.byteSize,
      rows: t.rowCount,
      tables: t.tables.map((c) => `${c.schema}.${c.table}`),
    })),
  };
  await write(join(temporary, 'manifest.json'), [`${JSON.stringify(manifest, null, 2)}\n`]);
  await syncFolder(temporary);
  await rename(temporary, directory);
  await syncFolder(folder);
  return { id, directory, ...summary };
}

function* rawEvents(found: readonly Transaction[]): Generator<Uint8Array> {
  for (const transaction of found) for (const event of transaction.rawEvents()) yield event.bytes;
}

async function write(
  path: string,
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of chunks)
      await file.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}
