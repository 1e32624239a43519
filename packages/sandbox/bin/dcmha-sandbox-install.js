#!/usr/bin/env node
/** `dcmha-sandbox-install [mysql] [mariadb] [zookeeper] [haproxy]`: puts the servers on this machine; default all. */
import { installServers, SandboxError, serverNames } from '../dist/index.js';

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !serverNames.includes(name));
if (unknown.length > 0) {
  console.error(`unknown server: ${unknown.join(', ')}; there are ${serverNames.join(', ')}`);
  process.exit(2);
}
try {
  await installServers({
    servers: wanted.length > 0 ? wanted : serverNames,
    progress: (line) => console.log(`  ${line}`),
  });
} catch (error) {
  if (!(error instanceof SandboxError)) throw error;
  console.error(`\n${error.message}`);
  process.exit(1);
}
