import type { Deadline } from '../../ports.js';
import type { Network } from '../net/network.js';
import type { SimProcess } from '../time/sim-process.js';
import type { SimMysqld } from './sim-mysqld.js';

/** A statement did not come back: why, in the words of the client library. */
export class CallFailedError extends Error {
  override readonly name = 'CallFailedError';
  constructor(
    readonly how: 'refused' | 'timeout' | 'hung' | 'lost' | 'aborted' | 'sql',
    message: string,
  ) {
    super(message);
  }
}

/**
 * One request of a process to a server and its answer. When the time is over the caller gives up, and the server may
 * carry it out all the same, later: it may lie in the socket of a frozen server, or in a partition.
 */
export async function remoteCall<T>(
  caller: SimProcess,
  network: Network,
  server: SimMysqld,
  label: string,
  deadline: Deadline,
  work: (server: SimMysqld) => T | Promise<T>,
): Promise<T> {
  await caller.step(`${label} ${server.key}`);
  return new Promise<T>((resolve, reject) => {
    let over = false;
    let accepted = false;
    let untrack: (() => void) | null = null;
    const end = (settle: () => void): void => {
      if (over) return;
      over = true;
      cancel();
      deadline.signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const fail = (how: CallFailedError['how'], message: string): void =>
      end(() => reject(new CallFailedError(how, `${server.key}: ${label}: ${message}`)));
    const onAbort = (): void => fail('aborted', 'cancelled by the caller');
    const cancel = caller.schedule(deadline.timeoutMs, () =>
      fail(accepted ? 'hung' : 'timeout', `no answer within ${deadline.timeoutMs} ms`),
    );
    deadline.signal?.addEventListener('abort', onAbort, { once: true });
    if (deadline.signal?.aborted === true) return onAbort();
    const back = (run: () => void): void => network.send(server.host, caller.host, () => caller.deliver(run));

    network.send(caller.host, server.host, () => {
      const { process } = server;
      if (process === null) return back(() => fail('refused', 'connection refused'));
      // The kernel accepts, whatever the process does.
      back(() => (accepted = true));
      untrack = server.track(() => back(() => fail('lost', 'the connection was lost')));
      process.deliver(() => {
        const answer = (run: () => void): void => {
          untrack?.();
          if (!process.dead) back(run);
        };
        const failed = (error: unknown): void =>
          answer(() => fail('sql', error instanceof Error ? error.message : String(error)));
        try {
          const result = work(server);
          if (result instanceof Promise)
            result.then((value) => answer(() => end(() => resolve(value))), failed);
          else answer(() => end(() => resolve(result)));
        } catch (error) {
          failed(error);
        }
      });
    });
  });
}
