/**
 * What each step of a planned change of the primary costs on three real servers with semi-sync, without anything around
 * it. `npm run bench -- promotion [--rounds 9]`; medians in milliseconds, the last line as JSON.
 */
import { createConnection } from 'mysql2/promise';
import { MysqlInstance } from '@dcmha/mysql-instance';
import { Sandbox } from '@dcmha/sandbox';

const at = process.argv.indexOf('--rounds');
const rounds = at < 0 ? 9 : Number(process.argv[at + 1]);
const semisync = { waitForAckers: 1, timeoutMs: 4_294_967_295 };
const sandbox = await Sandbox.create({ name: 'promotion' });
const samples = {};

function note(step, ms) {
  (samples[step] ??= []).push(ms);
}

async function timed(step, work) {
  const began = performance.now();
  const result = await work();
  note(step, performance.now() - began);
  return result;
}

try {
  const group = await sandbox.startGroup();
  await group.primary.query('CREATE TABLE app.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(100))');
  const instances = group.servers.map(
    (server) => new MysqlInstance({ address: { host: server.host, port: server.port }, ...server.admin }),
  );
  const replication = { ...group.primary.replication, semisyncReplica: true, durability: 'relaxed' };
  for (const instance of instances) await instance.warmLogin(group.primary.replication);

  let primary = 0;
  for (let round = 0; round < rounds; round += 1) {
    const next = (primary + 1) % 3;
    const other = (primary + 2) % 3;
    for (const instance of instances) await timed('status', () => instance.status());
    const writer = await createConnection(group.servers[primary].appConnection);
    for (let n = 0; n < 20; n += 1) await writer.query("INSERT INTO t (v) VALUES ('before')");
    writer.destroy();
    const client = await createConnection(group.servers[next].appConnection);

    const began = performance.now();
    await timed('fence', () => instances[primary].fence());
    const { gtidExecuted } = await instances[primary].status();
    await timed('waitForGtid', () => instances[next].waitForGtid(gtidExecuted));
    const following = timed('follow, other replica', () =>
      instances[other].follow(instances[next].address, replication),
    );
    const { openedAfterMs } = await timed('promote, whole', () =>
      promoteAndWrite(instances[next], client, began),
    );
    note('promote, until open', openedAfterMs);
    await following;
    await timed('follow, old primary', () => instances[primary].follow(instances[next].address, replication));
    client.destroy();
    primary = next;
  }
  for (const instance of instances) instance.close();
} finally {
  await sandbox.close();
}

/** The first write is tried as soon as writes are open, as a client would. */
async function promoteAndWrite(instance, client, began) {
  const writing = (async () => {
    for (;;) {
      try {
        await client.query("INSERT INTO t (v) VALUES ('after')");
        note('downtime, until the first acknowledged write', performance.now() - began);
        return;
      } catch (error) {
        if (error.errno !== 1290) throw error;
      }
    }
  })();
  const result = await instance.promote({ semisync, openWrites: true });
  await writing;
  return result;
}

const medians = Object.fromEntries(
  Object.entries(samples).map(([step, values]) => [
    step,
    Number(values.sort((a, b) => a - b)[Math.floor(values.length / 2)].toFixed(2)),
  ]),
);
console.table(medians);
console.log(JSON.stringify({ rounds, mediansMs: medians }));
