/** Measures one client in a process of its own: `_measure.mjs CLIENT CONNECT FOLDER WATCHES`; prints one JSON object. */
import { clients } from './_clients.mjs';

const [name, connect, folder, watches] = process.argv.slice(2);
const windows = { 1: 2_000, 100: 10_000, 20_000: 20_000 };
const data = 'x'.repeat(100);

/** Runs `count` calls, `window` of them at a time; returns calls per second. */
async function rate(count, window, call) {
  let next = 0;
  const startedAt = performance.now();
  const worker = async () => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: Math.min(window, count) }, worker));
  return Math.round((count / (performance.now() - startedAt)) * 1_000);
}

function heap() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed: heapUsed + external, rss };
}

const zk = await clients[name](connect, 10_000);
await zk.create(folder, '');
const opsPerSecond = {};
for (const [window, count] of Object.entries(windows)) {
  const path = (index) => `${folder}/${window}-${index}`;
  opsPerSecond[window] = {
    create: await rate(count, Number(window), (index) => zk.create(path(index), data)),
    get: await rate(count, Number(window), (index) => zk.get(path(index))),
    set: await rate(count, Number(window), (index) => zk.set(path(index), data)),
    delete: await rate(count, Number(window), (index) => zk.delete(path(index))),
  };
}

// One-shot watches on one node that never changes, all with one listener.
await zk.create(`${folder}/watched`, data);
const listener = () => undefined;
const watch = () => zk.watch(`${folder}/watched`, listener);
await rate(1_000, 100, watch);
const before = heap();
const watchesPerSecond = await rate(Number(watches), 1_000, watch);
const after = heap();
console.log(
  JSON.stringify({
    opsPerSecond,
    watches: {
      registrations: Number(watches),
      perSecond: watchesPerSecond,
      heapBeforeMB: before.heapUsed / 1e6,
      heapAfterMB: after.heapUsed / 1e6,
      heapBytesPerRegistration: Math.round((after.heapUsed - before.heapUsed) / Number(watches)),
      rssBytesPerRegistration: Math.round((after.rss - before.rss) / Number(watches)),
    },
  }),
);
await zk.close();
process.exit(0);
