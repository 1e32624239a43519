import assert from 'node:assert/strict';
import { isZooKeeperError } from '@dcmha/zk-client';
import type { WatchEvent, WatchListener, ZooKeeperError, ZooKeeperErrorCode } from '@dcmha/zk-client';
import type { Capability } from './capability.js';
import type { ConformanceEnvironment } from './environment.js';

/** One thing that every driver does; written without a test runner, so that any can run it. */
export interface ConformanceCase {
  readonly name: string;
  readonly needs: readonly Capability[];
  readonly run: (environment: ConformanceEnvironment) => Promise<void>;
}

export function conformanceCase(
  name: string,
  run: (environment: ConformanceEnvironment) => Promise<void>,
  needs: readonly Capability[] = [],
): ConformanceCase {
  return { name, needs, run };
}

/** The error with which the promise rejects; fails unless it is one of ZooKeeper with this code. */
export async function refused(promise: Promise<unknown>, code: ZooKeeperErrorCode): Promise<ZooKeeperError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(isZooKeeperError(error), `expected a ZooKeeperError ${code}, got ${String(error)}`);
    assert.equal(error.code, code, error.message);
    return error;
  }
  assert.fail(`expected to be refused with ${code}, but it was done`);
}

/** Collects events as `type path`. */
export class EventLog {
  readonly lines: string[] = [];
  readonly listener: WatchListener = (event: WatchEvent) => {
    this.lines.push(`${event.type} ${event.path}`);
  };

  get sorted(): string[] {
    return [...this.lines].sort();
  }
}
