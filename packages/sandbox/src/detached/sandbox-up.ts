import { BadOptionError, SandboxError } from '../errors/index.js';
import type { GroupOptions } from '../group/group-options.js';
import type { Progress } from '../install/progress.js';
import { isAlive } from '../process/process-identity.js';
import { Sandbox } from '../sandbox.js';
import { detach } from './detach.js';
import { sandboxStatus, type SandboxStatus } from './sandbox-status.js';
import { readState, removeState, withStateLock } from './state-file.js';

export interface SandboxUpOptions {
  /** Default `default`. */
  readonly name?: string;
  /** How many ZooKeeper servers; default 1. */
  readonly zooKeeperNodes?: number;
  readonly group?: GroupOptions;
  /** Path of the `dcmha` program: HAProxy, agents, two engines and a router-sync are started too. */
  readonly dcmha?: string;
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
}

export const defaultSandboxName = 'default';

/**
 * Starts ZooKeeper and a group of MySQL servers that go on after this process ends, until `sandboxDown`. Throws
 * `SandboxError` with code `SANDBOX_EXISTS` when one of that name is up; on any failure nothing is left running.
 */
export async function sandboxUp(options: SandboxUpOptions = {}): Promise<SandboxStatus> {
  const name = options.name ?? defaultSandboxName;
  const progress = options.progress ?? (() => {});
  if (!/^[A-Za-z0-9-]{1,32}$/.test(name)) {
    throw new BadOptionError('name', `"${name}" must be 1 to 32 letters, digits or hyphens`);
  }
  return withStateLock(name, async () => {
    const before = await readState(name);
    if (before?.entries.some(isAlive)) {
      throw new SandboxError(
        'SANDBOX_EXISTS',
        `sandbox "${name}" is up already; \`dcmha sandbox down --name ${name}\` ends it, or choose another name`,
      );
    }
    // All of it has ended, by a reboot for example.
    if (before) await removeState(name);
    const sandbox = await Sandbox.create({ name });
    try {
      const endpoints =
        options.dcmha === undefined
          ? await startServers(sandbox, options, progress)
          : await startWhole(sandbox, options.dcmha, options, progress);
      await detach(sandbox, name, endpoints);
    } catch (error) {
      await sandbox.close();
      throw error;
    }
    return sandboxStatus(name);
  });
}

type Endpoints = Readonly<Record<string, string>>;

async function startServers(
  sandbox: Sandbox,
  options: SandboxUpOptions,
  progress: Progress,
): Promise<Endpoints> {
  progress('starting ZooKeeper');
  const { connectString } = await sandbox.startZooKeeper({ nodes: options.zooKeeperNodes ?? 1 });
  progress('starting MySQL');
  await sandbox.startGroup(options.group);
  return { zookeeper: connectString };
}

async function startWhole(
  sandbox: Sandbox,
  dcmha: string,
  options: SandboxUpOptions,
  progress: Progress,
): Promise<Endpoints> {
  // Only who wants the daemons needs the packages that their configurations come from.
  const { startStack, stackEndpoints } = await import('../stack/stack.js');
  const stack = await startStack(sandbox, {
    dcmha,
    progress,
    zooKeeperNodes: options.zooKeeperNodes ?? 1,
    ...(options.group ? { servers: options.group } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  await stack.close();
  return stackEndpoints(stack);
}
