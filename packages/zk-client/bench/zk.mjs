/**
 * `npm run bench -- zk [--rounds N] [--watches N] [--other-watches N] [--json]`: requests per second and memory of
 * @dcmha/zk-client beside the npm clients `zookeeper` and `node-zookeeper-client`, on one server in one run. Each
 * client runs in a process of its own, one after the other, in another order each round; the best of the rounds counts.
 * The last line is JSON.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Sandbox } from '@dcmha/sandbox';
import { clients } from './_clients.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '2' },
    watches: { type: 'string', default: '1000000' },
    'other-watches': { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
  },
});
const own = '@dcmha/zk-client';
const say = (text) => (values.json ? undefined : console.log(text));

function measure(...args) {
  const script = fileURLToPath(new URL('./_measure.mjs', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let complaint = '';
  child.stderr.on('data', (text) => (complaint = (complaint + text).slice(-2_000)));
  child.stdout.on('data', (text) => (output += text));
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      try {
        resolve(JSON.parse(output.trim().split('\n').at(-1)));
      } catch {
        resolve({ failed: `${signal ?? `exit code ${code}`}: ${complaint.trim().slice(-600)}` });
      }
    });
  });
}

const sandbox = await Sandbox.create({ name: 'bench-zk' });
const results = {};
try {
  const { connectString } = await sandbox.startZooKeeper();
  await measure(own, connectString, '/warm-up', '1000');
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    // Each round in another order, so that no client always has the fresh server or the worn one.
    const names = Object.keys(clients);
    for (const name of names.map((_, index) => names[(index + round - 1) % names.length])) {
      say(`round ${round}: ${name} ...`);
      const watches = round > 1 ? '1' : name === own ? values.watches : values['other-watches'];
      const folder = `/${name.replaceAll(/\W/g, '')}-${round}`;
      const result = await measure(name, connectString, folder, watches);
      const best = results[name];
      if (!best || best.failed) results[name] = result;
      else if (!result.failed) {
        for (const [window, ops] of Object.entries(result.opsPerSecond)) {
          for (const [op, rate] of Object.entries(ops)) {
            best.opsPerSecond[window][op] = Math.max(best.opsPerSecond[window][op], rate);
          }
        }
      }
    }
  }
} finally {
  await sandbox.close();
}

for (const [name, { opsPerSecond, watches, failed }] of Object.entries(results)) {
  say(`\n${name}${failed ? `: failed (${failed})` : ''}`);
  for (const [window, ops] of Object.entries(opsPerSecond ?? {})) {
    const shown = Object.entries(ops).map(([op, rate]) => `${op} ${String(rate).padStart(6)}`);
    say(`  window ${window.padStart(6)}: ${shown.join('  ')}  per second`);
  }
  if (watches) {
    say(
      `  ${watches.registrations} one-shot watches with one listener on one node: ` +
        `${watches.heapBytesPerRegistration} bytes of heap each (${watches.heapBeforeMB.toFixed(1)} MB before, ` +
        `${watches.heapAfterMB.toFixed(1)} MB after), ${watches.rssBytesPerRegistration} bytes of memory each`,
    );
  }
}
console.log(JSON.stringify({ node: process.version, ...results }));
