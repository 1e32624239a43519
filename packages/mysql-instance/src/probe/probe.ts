import type { InstanceAddress } from '../address/instance-address.js';
import type { Deadline } from '../deadline/deadline.js';
import { InstanceError } from '../errors/instance-error.js';
import { isAlive, verdictOf, weighEvidence } from './classify-probe.js';
import type { ProbeEvidence, ProbeOutcome } from './probe-outcome.js';

export interface ProbeAttempts {
  readonly address: InstanceAddress;
  /** Asks on the held connection; undefined when there is none or it is busy. */
  readonly held: ((deadline: Deadline) => Promise<void>) | undefined;
  /** Makes a connection of its own, logs in, asks, and closes it. */
  readonly fresh: (deadline: Deadline) => Promise<void>;
}

/**
 * Asks the held connection first; when that does not answer in half of the time, or broke, a fresh connection is tried
 * beside it. The first sign of life ends the probe. Never rejects.
 */
export async function probe(attempts: ProbeAttempts, deadline: Deadline): Promise<ProbeOutcome> {
  const evidence: ProbeEvidence[] = [];
  const attempt = async (
    via: ProbeEvidence['via'],
    ask: (deadline: Deadline) => Promise<void>,
  ): Promise<void> => {
    const startedAtMs = deadline.elapsedMs();
    const told = await tryOnce(ask, deadline);
    evidence.push({ via, elapsedMs: deadline.elapsedMs() - startedAtMs, ...told });
  };
  const { held, fresh } = attempts;
  if (held === undefined) {
    await attempt('fresh', fresh);
  } else {
    const first = attempt('held', held);
    await Promise.race([first, after(deadline.remainingMs() / 2, first)]);
    if (evidence.length === 0) {
      await firstAlive([first, attempt('fresh', fresh)], evidence);
    } else if (evidence.every(({ verdict }) => !isAlive(verdict))) {
      await attempt('fresh', fresh);
    }
  }
  const verdict = weighEvidence(evidence);
  return {
    verdict,
    alive: isAlive(verdict),
    address: attempts.address,
    elapsedMs: deadline.elapsedMs(),
    evidence: [...evidence],
  };
}

async function tryOnce(
  ask: (deadline: Deadline) => Promise<void>,
  deadline: Deadline,
): Promise<Omit<ProbeEvidence, 'via' | 'elapsedMs'>> {
  try {
    await ask(deadline.within(deadline.remainingMs()));
    return { verdict: 'alive', detail: 'answered' };
  } catch (error) {
    if (!(error instanceof InstanceError)) return { verdict: 'hung', detail: String(error) };
    return { verdict: verdictOf(error), detail: error.problem, code: error.code, errno: error.errno };
  }
}

/** Waits for all attempts, or until one of them found the server alive. */
function firstAlive(attempts: readonly Promise<void>[], evidence: readonly ProbeEvidence[]): Promise<void> {
  return new Promise((resolve) => {
    let open = attempts.length;
    for (const one of attempts) {
      void one.then(() => {
        open -= 1;
        if (open === 0 || evidence.some(({ verdict }) => isAlive(verdict))) resolve();
      });
    }
  });
}

/** Resolves after the time; its timer goes when `other` settles. */
function after(timeoutMs: number, other: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    void other.finally(() => clearTimeout(timer));
  });
}
