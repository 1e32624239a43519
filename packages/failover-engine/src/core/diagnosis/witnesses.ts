import {
  answers,
  isUsable,
  replicasOf,
  type GroupView,
  type MemberView,
  type Opinion,
  type Probe,
} from '../model.js';

/** A receiver that heard nothing for so many heartbeat periods no longer hears its source. */
const heartbeatsMissed = 2;
const heartbeatDelayMs = 250;
const silenceMsMin = 1_000;

/**
 * Replicas that still hear the primary: proof that somebody reaches it. A receiver can stay "running" for a minute after
 * its source has gone, so where the age of its last heartbeat is known, a receiver that has missed some proves nothing.
 * Nor does, for a primary that hangs, one that has heard nothing since it fell silent here.
 */
export function receivingFrom(view: GroupView, primary: MemberView): readonly MemberView[] {
  const hung = primary.probe.outcome === 'hung';
  const limitMs = Math.max(heartbeatsMissed * view.policy.heartbeatPeriodMs + heartbeatDelayMs, silenceMsMin);
  return replicasOf(view).filter((replica) => {
    if (!isUsable(replica)) return false;
    const { channel } = replica.state;
    if (channel === null || channel.source !== primary.key || channel.receiver !== 'running') return false;
    const { heardAgoMs = null } = channel;
    // The receivers of a hung primary stay "running": without an age they prove nothing then.
    if (heardAgoMs === null || replica.readAtMs === undefined) return !hung;
    if (heardAgoMs > limitMs) return false;
    return !hung || replica.readAtMs - heardAgoMs > primary.probe.sinceMs;
  });
}

/** Opinions that are young enough, and were asked for after the server had fallen silent for this engine. */
export function freshOpinions(view: GroupView, member: MemberView): readonly Opinion[] {
  return (member.opinions ?? []).filter(
    ({ atMs }) => atMs >= member.probe.sinceMs && view.nowMs - atMs <= view.policy.opinionMaxAgeMs,
  );
}

/** In words: everybody who reaches the primary although this engine does not. */
export function witnesses(view: GroupView, primary: MemberView): readonly string[] {
  const found = receivingFrom(view, primary).map((r) => `${r.key} still receives from it`);
  for (const { by, outcome } of freshOpinions(view, primary)) {
    if (outcome !== 'no-answer' && answers({ outcome } as Probe)) {
      found.push(`the agent of ${by} reaches it (${outcome})`);
    }
  }
  if (primary.agent.up && primary.agent.mysqld === 'up') found.push('its agent says that mysqld answers');
  return found;
}

/** Agents that could be asked about the primary and have not said anything since it fell silent. */
export function opinionsMissing(view: GroupView, primary: MemberView): readonly string[] {
  const heard = new Set(
    (primary.opinions ?? []).filter(({ atMs }) => atMs >= primary.probe.sinceMs).map(({ by }) => by),
  );
  return replicasOf(view)
    .filter(({ key, agent }) => agent.up && agent.endpoint !== null && !heard.has(key))
    .map(({ key }) => key);
}

/** In words, for the evidence: what the others said. Without ages, so that the same facts read the same. */
export function opinionEvidence(view: GroupView, primary: MemberView): readonly string[] {
  return freshOpinions(view, primary).map(({ by, outcome }) =>
    outcome === 'no-answer'
      ? `the agent of ${by} did not say what it sees`
      : `the agent of ${by} finds it ${outcome}`,
  );
}
