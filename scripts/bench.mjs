/** `npm run bench -- NAME [options]`: runs packages/<any>/bench/NAME.mjs; without a name, lists what there is. */
import { existsSync, readdirSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const benches = new Map();
for (const name of readdirSync(packages)) {
  const folder = `${packages}${name}/bench`;
  if (!existsSync(folder)) continue;
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.mjs') && !file.startsWith('_')) benches.set(file.slice(0, -4), `${folder}/${file}`);
  }
}

const [name, ...args] = process.argv.slice(2);
if (!name || !benches.has(name)) {
  console.error(
    `${name ? `no benchmark is called "${name}"; ` : ''}there are: ${[...benches.keys()].sort().join(', ')}`,
  );
  process.exit(2);
}
const child = spawn(process.execPath, ['--expose-gc', benches.get(name), ...args], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
