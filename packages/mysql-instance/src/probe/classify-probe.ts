import type { InstanceError } from '../errors/instance-error.js';
import type { ProbeEvidence, ProbeVerdict } from './probe-outcome.js';

/** What a failed attempt tells about the server. */
export function verdictOf(error: InstanceError): ProbeVerdict {
  switch (error.code) {
    case 'TOO_MANY_CONNECTIONS':
      return 'saturated';
    case 'ACCESS_DENIED':
    case 'TLS':
      return 'denied';
    case 'REFUSED':
      return 'refused';
    case 'CONNECT_TIMEOUT':
    case 'UNREACHABLE':
      return 'unreachable';
    case 'STARTING':
      return 'starting';
    // It was answered with an error: somebody is there.
    case 'SQL':
    case 'UNSUPPORTED':
    case 'PRECONDITION':
    case 'READ_BACK':
      return 'alive';
    // A connection that broke in the middle of a login: the process is going or gone.
    case 'LOST':
      return 'refused';
    case 'HUNG':
    case 'QUERY_TIMEOUT':
    case 'QUEUE_FULL':
    case 'ABORTED':
    case 'CLOSED':
      return 'hung';
  }
}

/** Signs of life count before signs of death; a fresh connection tells more than the held one. */
const WEIGHT: Readonly<Record<ProbeVerdict, number>> = {
  alive: 7,
  saturated: 6,
  denied: 5,
  starting: 4,
  refused: 3,
  hung: 2,
  unreachable: 1,
};

/** The verdict of all attempts together; `hung` when there is no evidence at all. */
export function weighEvidence(evidence: readonly ProbeEvidence[]): ProbeVerdict {
  const fresh = evidence.filter(({ via, verdict }) => via === 'fresh' || isAlive(verdict));
  const considered = fresh.length > 0 ? fresh : evidence;
  const [best] = considered.map(({ verdict }) => verdict).sort((a, b) => WEIGHT[b] - WEIGHT[a]);
  return best ?? 'hung';
}

export function isAlive(verdict: ProbeVerdict): boolean {
  return verdict === 'alive' || verdict === 'saturated' || verdict === 'denied';
}
