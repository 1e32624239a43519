import { parentPort, workerData } from 'node:worker_threads';
import { campaign, emptySummary, merge, type CampaignOptions } from './campaign.js';

/** What a worker is started with: its share of a campaign. */
export type WorkerShare = Pick<CampaignOptions, 'firstSeed' | 'seeds' | 'given' | 'mutation' | 'share'>;

const reportEvery = 50;

/** Sends what it has found every so often, and `null` at the end. */
async function work(share: WorkerShare): Promise<void> {
  const stride = reportEvery * (share.share?.of ?? 1);
  for (let from = 0; from < share.seeds; from += stride) {
    const seeds = Math.min(stride, share.seeds - from);
    const part = await campaign({ ...share, firstSeed: share.firstSeed + from, seeds });
    parentPort?.postMessage(merge(emptySummary(), part));
  }
  parentPort?.postMessage(null);
}

if (parentPort !== null) await work(workerData as WorkerShare);
