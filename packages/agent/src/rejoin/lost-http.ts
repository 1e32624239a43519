import {
  appendLostReview,
  LostTransactionsError,
  listLostTransactions,
  LostTransactions,
  lostReviewFile,
  readLostReview,
  type LostReviewEntry,
  type LostTransactionsManifest,
} from '@dcmha/binlog-reconcile/apply';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';

/**
 * Where an agent gives out the files of lost transactions; all of it needs the token that engines and agents share.
 *
 * - `GET /v1/lost`: `LostListing`
 * - `GET /v1/lost/ID/FILE`: a file of the directory, `manifest.json` and `review.jsonl` among them
 * - `POST /v1/lost/ID/review`: adds a `LostReviewEntry`
 */
export const lostPath = '/v1/lost';

/** Whether a request is one for {@link answerLost}. */
export function isLostPath(pathname: string): boolean {
  return pathname === lostPath || pathname.startsWith(`${lostPath}/`);
}

/** What `GET /v1/lost` answers, oldest first. */
export interface LostListing {
  readonly lost: readonly {
    readonly manifest: LostTransactionsManifest;
    readonly review: readonly LostReviewEntry[];
  }[];
}

const manifestFile = 'manifest.json';
const bodyBytesMax = 1024 * 1024;

const entrySchema = z.strictObject({
  atMs: z.int().min(0),
  by: z.string().min(1).max(200),
  action: z.enum(['replay-begun', 'replayed', 'replay-ended', 'resolved']),
  note: z.string().max(16_384).optional(),
  gtids: z.string().optional(),
  primary: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** Answers a request for lost transactions; who asks was checked before. */
export async function answerLost(
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
  lostDir: string,
): Promise<void> {
  const parts = pathname.slice(lostPath.length).split('/').slice(1).map(decodeURIComponent);
  if (parts.length === 0 || (parts.length === 1 && parts[0] === '')) {
    return send(response, 200, await listing(lostDir));
  }
  const [id = '', file = '', ...more] = parts;
  const saved = more.length > 0 ? null : await open(lostDir, id);
  if (saved === null) return send(response, 404, { error: `there are no lost transactions ${id} here` });
  if (request.method === 'POST' && file === 'review') return addReview(request, response, saved);
  if (request.method !== 'GET') return send(response, 405, { error: 'use GET, or POST for a review' });
  const names = [manifestFile, lostReviewFile, ...saved.manifest.files.map(({ name }) => name)];
  if (!names.includes(file)) {
    return send(response, 404, { error: `${id} has no file ${file}; it has ${names.join(', ')}` });
  }
  await sendFile(response, join(saved.path, file));
}

async function listing(lostDir: string): Promise<LostListing> {
  const lost = [];
  for (const { path, manifest } of await listLostTransactions(lostDir)) {
    lost.push({ manifest, review: await readLostReview(path) });
  }
  return { lost };
}

/** Only a name: a path would lead out of the folder. */
async function open(lostDir: string, id: string): Promise<LostTransactions | null> {
  if (id === '' || id.startsWith('.') || basename(id) !== id || id.includes('\0')) return null;
  try {
    return await LostTransactions.open(join(lostDir, id));
  } catch (error) {
    if (error instanceof LostTransactionsError) return null;
    throw error;
  }
}

async function addReview(
  request: IncomingMessage,
  response: ServerResponse,
  { path }: LostTransactions,
): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return send(response, 413, { error: `at most ${bodyBytesMax} bytes` });
    chunks.push(chunk);
  }
  const parsed = entrySchema.safeParse(parseJson(Buffer.concat(chunks).toString('utf8')));
  if (!parsed.success) return send(response, 400, { error: parsed.error.message });
  await appendLostReview(path, parsed.data);
  send(response, 200, { ok: true });
}

async function sendFile(response: ServerResponse, path: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
  // A review has no file before its first entry.
  if (size === null) return send(response, 404, { error: `${basename(path)} is not there` });
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size });
  if (size === 0) return void response.end();
  // No more than was announced: a review may grow meanwhile.
  await pipeline(createReadStream(path, { end: size - 1 }), response);
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
