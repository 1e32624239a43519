import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/** The stat that the npm package `zookeeper` makes. */
export interface NativeStat {
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ctime: Date;
  readonly mtime: Date;
  /** Hexadecimal. */
  readonly ephemeralOwner: string;
}

export interface NativeAcl {
  readonly perms: number;
  readonly scheme: string;
  readonly auth: string;
}

export type NativeWatcher = (type: number, state: number, path: string) => void;
/** `rc` is a code of the C client, 0 when it went well. */
export type NativeCallback<Rest extends unknown[]> = (rc: number, error: string, ...rest: Rest) => void;

/**
 * What is used of a handle of the npm package `zookeeper`. Each method returns a code: when it is not 0 the callback is
 * never called. Arguments must be exactly these: a missing function or an `undefined` aborts the process.
 */
export interface NativeHandle {
  init(config: {
    connect: string;
    timeout: number;
    debug_level: number;
    host_order_deterministic: boolean;
    /** After so many reads in a row that complete no answer it ends the session; 10 unless told. */
    response_counter_limit: number;
  }): void;
  close(): void;
  on(event: 'connect' | 'connecting' | 'close', listener: (handle: unknown, code: unknown) => void): void;
  a_create(path: string, data: Buffer, flags: number, done: NativeCallback<[string]>): number;
  a_createTtl(
    path: string,
    data: Buffer,
    flags: number,
    ttlMs: number,
    done: NativeCallback<[string]>,
  ): number;
  a_exists(path: string, watch: false, done: NativeCallback<[NativeStat | null]>): number;
  aw_exists(path: string, watcher: NativeWatcher, done: NativeCallback<[NativeStat | null]>): number;
  a_get(path: string, watch: false, done: NativeCallback<[NativeStat | null, Buffer | null]>): number;
  aw_get(
    path: string,
    watcher: NativeWatcher,
    done: NativeCallback<[NativeStat | null, Buffer | null]>,
  ): number;
  a_get_children2(
    path: string,
    watch: false,
    done: NativeCallback<[string[] | null, NativeStat | null]>,
  ): number;
  aw_get_children2(
    path: string,
    watcher: NativeWatcher,
    done: NativeCallback<[string[] | null, NativeStat | null]>,
  ): number;
  a_set(path: string, data: Buffer, version: number, done: NativeCallback<[NativeStat | null]>): number;
  a_delete_(path: string, version: number, done: NativeCallback<[]>): number;
  a_sync(path: string, done: NativeCallback<[string]>): number;
  a_set_acl(path: string, version: number, acl: NativeAcl[], done: NativeCallback<[]>): number;
  add_auth(scheme: string, auth: string, done: NativeCallback<[]>): number;
  readonly client_id: string;
  readonly timeout: number;
}

export type NativeHandleClass = new () => NativeHandle;

/** The npm package `zookeeper` cannot be used here. */
export class NativeDriverUnavailableError extends Error {
  override readonly name = 'NativeDriverUnavailableError';
}

/** @throws NativeDriverUnavailableError when the package is not installed, or this is not the main thread. */
export function loadNativeLibrary(): NativeHandleClass {
  if (!isMainThread)
    throw new NativeDriverUnavailableError(
      'the npm package zookeeper aborts the process when a second thread uses it: use it in the main thread, or zk-client',
    );
  try {
    return createRequire(import.meta.url)('zookeeper') as NativeHandleClass;
  } catch (cause) {
    throw new NativeDriverUnavailableError(
      'the npm package zookeeper is not installed or was not built: npm install zookeeper (needs gcc, make and python3), or use zk-client',
      { cause },
    );
  }
}
