import type { CallOptions, Op, OpResult, ZooKeeper } from '@dcmha/zk-client';
import type { SimProcess } from '../time/sim-process.js';

export interface GateOptions {
  /** A broken variant: what is checked in a multi is not checked, and whoever has lost its session goes on in a new one. */
  readonly withoutChecks: boolean;
}

/**
 * A session as its process uses it: nothing leaves a process that is dead or frozen, and faults may strike before each
 * request.
 */
export function gatedZooKeeper(
  zk: ZooKeeper,
  process: SimProcess,
  { withoutChecks }: GateOptions,
  another: () => ZooKeeper,
): ZooKeeper {
  const gate = async <T>(label: string, run: () => Promise<T>): Promise<T> => {
    await process.step(`zk ${label}`);
    return run();
  };
  return {
    get state() {
      return withoutChecks && zk.state !== 'closed' ? 'connected' : zk.state;
    },
    get sessionId() {
      return zk.sessionId;
    },
    get sessionTimeoutMs() {
      return zk.sessionTimeoutMs;
    },
    remainingMs: () => (withoutChecks ? Math.max(1, zk.remainingMs()) : zk.remainingMs()),
    waitConnected: (options) => zk.waitConnected(options),
    onState: (listener) => zk.onState(listener),
    create: (path, data, options) => gate(`create ${path}`, () => zk.create(path, data, options)),
    delete: (path, options) => gate(`delete ${path}`, () => zk.delete(path, options)),
    exists: (path, options) => gate(`exists ${path}`, () => zk.exists(path, options)),
    get: (path, options) => gate(`get ${path}`, () => zk.get(path, options)),
    set: (path, data, options) => gate(`set ${path}`, () => zk.set(path, data, options)),
    children: (path, options) => gate(`children ${path}`, () => zk.children(path, options)),
    sync: (path, options) => gate(`sync ${path}`, () => zk.sync(path, options)),
    multi: (ops, options) =>
      gate(`multi ${ops.map((op) => op.path).join(' ')}`, () =>
        withoutChecks
          ? uncheckedMulti(zk.state === 'expired' || zk.state === 'closed' ? another() : zk, ops, options)
          : zk.multi(ops, options),
      ),
    getAcl: (path, options) => gate(`getAcl ${path}`, () => zk.getAcl(path, options)),
    setAcl: (path, acl, options) => gate(`setAcl ${path}`, () => zk.setAcl(path, acl, options)),
    addAuth: (scheme, auth, options) => gate('addAuth', () => zk.addAuth(scheme, auth, options)),
    addWatch: (path, listener, options) =>
      gate(`addWatch ${path}`, () =>
        zk.addWatch(path, listener, options === undefined ? {} : steady(options)),
      ),
    close: (options) => zk.close(options),
  };
}

/** A deadline that was counted by the machine's own clock comes out a little different each time. */
function steady<T extends CallOptions>(options: T): T {
  return options.timeoutMs === undefined
    ? options
    : { ...options, timeoutMs: Math.ceil(options.timeoutMs / 1000) * 1000 };
}

/** Carries out the writes whatever the checks would say; results stand where they would have stood. */
async function uncheckedMulti(
  zk: ZooKeeper,
  ops: readonly Op[],
  options: CallOptions | undefined,
): Promise<OpResult[]> {
  const writes = ops.flatMap((op): Op[] => {
    if (op.type === 'check') return [];
    return op.type === 'set' || op.type === 'delete' ? [{ ...op, version: -1 }] : [op];
  });
  const results = await zk.multi(writes, options);
  return ops.map((op) => (op.type === 'check' ? { type: 'check' } : (results.shift() as OpResult)));
}
