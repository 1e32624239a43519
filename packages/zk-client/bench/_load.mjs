/**
 * One client under load in a process of its own: `_load.mjs CLIENT CONNECT SESSION_TIMEOUT FOLDER`. Adds a sequential
 * node with a name of its own every 20 ms; prints lines of JSON: the session first, then each success with its time.
 */
import { clients } from './_clients.mjs';

const [name, connect, sessionTimeoutMs, folder] = process.argv.slice(2);
const abandonedAfterMs = 2_000;
const outstandingMax = 20;
const say = (fact) => process.stdout.write(`${JSON.stringify(fact)}\n`);

// What a client throws beside its calls must not end the measurement: it is part of what is measured.
process.on('uncaughtException', (error) => say({ uncaught: String(error) }));
process.on('unhandledRejection', (error) => say({ uncaught: String(error) }));

const zk = await clients[name](connect, Number(sessionTimeoutMs));
say({ session: zk.session() });
zk.onExpired(() => say({ expiredAt: Date.now() }));

let count = 0;
let isStopping = false;
const outstanding = new Map();
setInterval(() => {
  const now = performance.now();
  for (const [id, sentAt] of outstanding) if (now - sentAt > abandonedAfterMs) outstanding.delete(id);
  if (isStopping || outstanding.size >= outstandingMax) return;
  const id = `n${(count += 1)}-`;
  outstanding.set(id, now);
  try {
    zk.createSequential(`${folder}/${id}`).then(
      () => {
        outstanding.delete(id);
        say({ done: id, at: Date.now() });
      },
      () => outstanding.delete(id),
    );
  } catch {
    outstanding.delete(id);
  }
}, 20);

process.stdin.on('data', () => {
  isStopping = true;
  setTimeout(() => process.exit(0), 1_000);
});
