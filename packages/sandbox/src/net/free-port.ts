import { mkdirSync, readFileSync, rmSync, writeFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { SandboxError } from '../errors/index.js';
import { identify, isAlive } from '../process/process-identity.js';

/**
 * Below the range that the kernel takes for outgoing connections (32768 and up by default): a server that was killed
 * finds its port still free when it is started again.
 */
const firstPort = 15_000;
const lastPort = 31_999;
const triesMax = 200;

const reserved = new Set<number>();
let exitHookSet = false;

/**
 * A TCP port on which nothing listens at `host`. It stays reserved for this process (other processes that ask for a
 * free port do not get it) until `releasePort` or its end. No port number is given twice, on whatever host.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < triesMax; tries++) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1));
    if (!reserve(port)) continue;
    if (await isPortFree(host, port)) return port;
    releasePort(port);
  }
  throw new SandboxError(
    'PORT_TAKEN',
    `no free port on ${host}: ${triesMax} tried between ${firstPort} and ${lastPort}; end what listens there (\`ss -ltnp\`)`,
  );
}

export function releasePort(port: number): void {
  if (reserved.delete(port)) rmSync(reservationFile(port), { force: true });
}

export function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function reservationsFolder(): string {
  return join(tmpdir(), `dcmha-ports-${userInfo().uid}`);
}

function reservationFile(port: number): string {
  return join(reservationsFolder(), String(port));
}

function reserve(port: number): boolean {
  if (reserved.has(port)) return false;
  if (!exitHookSet) {
    exitHookSet = true;
    mkdirSync(reservationsFolder(), { recursive: true, mode: 0o700 });
    removeStaleReservations();
    process.on('exit', () => {
      for (const held of reserved) rmSync(reservationFile(held), { force: true });
    });
  }
  const startTime = identify(process.pid)?.startTime ?? '';
  try {
    writeFileSync(reservationFile(port), `${process.pid} ${startTime}`, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  reserved.add(port);
  return true;
}

/** Reservations of processes that were killed before they could give them back. */
function removeStaleReservations(): void {
  for (const name of readdirSync(reservationsFolder())) {
    const file = join(reservationsFolder(), name);
    try {
      const [pid, startTime] = readFileSync(file, 'utf8').split(' ');
      // An empty file is one that is being written at this moment.
      if (startTime !== undefined && !isAlive({ pid: Number(pid), startTime })) rmSync(file, { force: true });
    } catch {
      // Removed by its owner in the meantime.
    }
  }
}
