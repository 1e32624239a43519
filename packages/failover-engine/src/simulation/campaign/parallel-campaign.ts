import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { campaign, emptySummary, merge, type CampaignOptions, type CampaignSummary } from './campaign.js';
import type { WorkerShare } from './worker.js';

export interface ParallelOptions extends Pick<
  CampaignOptions,
  'firstSeed' | 'seeds' | 'given' | 'mutation' | 'signal'
> {
  /** Default: one for each core. */
  readonly workers?: number;
  readonly progress?: (summary: CampaignSummary) => void;
}

/** A campaign shared by worker threads. Needs the built package (a worker cannot load TypeScript). */
export async function parallelCampaign(options: ParallelOptions): Promise<CampaignSummary> {
  const { firstSeed, seeds, given, mutation, progress, signal } = options;
  const count = Math.max(1, Math.min(options.workers ?? availableParallelism(), Math.ceil(seeds / 10)));
  const total = emptySummary();
  if (count === 1) {
    return campaign({ ...options, done: (_result, summary) => progress?.(summary) });
  }
  const one = (mine: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const share: WorkerShare = { firstSeed, seeds, given, mutation, share: { of: count, mine } };
      const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: share });
      const stop = (): void => void worker.terminate();
      signal?.addEventListener('abort', stop, { once: true });
      worker.on('message', (part: CampaignSummary | null) => {
        if (part === null) {
          void worker.terminate();
          return;
        }
        merge(total, part);
        progress?.(total);
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
    });
  await Promise.all(Array.from({ length: count }, (_, mine) => one(mine)));
  return total;
}
