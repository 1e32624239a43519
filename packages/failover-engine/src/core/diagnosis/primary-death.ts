import { answers, replicasOf, type GroupView, type MemberView } from '../model.js';
import { describeProbe, finding, type Finding } from './find.js';
import { opinionEvidence, receivingFrom, witnesses } from './witnesses.js';

/** What an unanswering primary can be; exactly one of these holds, or it is in doubt. */

type Check = (primary: MemberView, view: GroupView) => Finding;

export function answeringReplicas(view: GroupView): readonly MemberView[] {
  return replicasOf(view).filter((r) => answers(r.probe));
}

/** Facts about the replicas and their agents that go into every verdict on a primary. */
function othersEvidence(view: GroupView, primary: MemberView): string[] {
  return [
    `${answeringReplicas(view).length} of ${replicasOf(view).length} replicas answer, ${receivingFrom(view, primary).length} still receive from it`,
    ...opinionEvidence(view, primary),
  ];
}

function silent(primary: MemberView): boolean {
  return (
    !answers(primary.probe) && primary.probe.outcome !== 'unknown' && primary.probe.outcome !== 'starting'
  );
}

const agentSawItEnd = (primary: MemberView): boolean =>
  primary.agent.up && primary.agent.mysqld === 'down' && !answers(primary.probe);

/** Everybody who can be asked agrees that the primary does not answer, and replicas could be asked at all. */
const nobodyReaches = (primary: MemberView, view: GroupView): boolean =>
  silent(primary) && !agentSawItEnd(primary) && witnesses(view, primary).length === 0;

const agentSaysHung = (primary: MemberView): boolean => primary.agent.up && primary.agent.mysqld === 'hung';

export const wholeGroupDown: Check = (primary, view) =>
  !answers(primary.probe) && primary.probe.outcome !== 'unknown' && answeringReplicas(view).length === 0
    ? finding(view.members, view.members.map(describeProbe), primary.probe.sinceMs)
    : null;

export const processGone: Check = (primary, view) =>
  agentSawItEnd(primary)
    ? finding(
        [primary],
        [
          `agent: mysqld is gone (${primary.agent.detail})`,
          describeProbe(primary),
          ...othersEvidence(view, primary),
        ],
        primary.probe.sinceMs,
      )
    : null;

export const unreachableFromHere: Check = (primary, view) => {
  if (!silent(primary) || agentSawItEnd(primary)) return null;
  const found = witnesses(view, primary);
  return found.length === 0
    ? null
    : finding([primary], [describeProbe(primary), ...found], primary.probe.sinceMs);
};

export const refuses: Check = (primary, view) =>
  primary.probe.outcome === 'refused' && nobodyReaches(primary, view)
    ? finding([primary], [describeProbe(primary), ...othersEvidence(view, primary)], primary.probe.sinceMs)
    : null;

export const hostGone: Check = (primary, view) =>
  primary.probe.outcome === 'unreachable' &&
  !primary.agent.up &&
  !primary.heartbeat &&
  nobodyReaches(primary, view)
    ? finding(
        [primary],
        [describeProbe(primary), 'its agent has left ZooKeeper', ...othersEvidence(view, primary)],
        primary.probe.sinceMs,
      )
    : null;

export const hung: Check = (primary, view) => {
  const here = primary.probe.outcome === 'hung' && (agentSaysHung(primary) || !primary.agent.up);
  // Cut off from here, and its own agent says why nobody hears it.
  const there = primary.probe.outcome === 'unreachable' && agentSaysHung(primary);
  if ((!here && !there) || !nobodyReaches(primary, view)) return null;
  return finding(
    [primary],
    [
      describeProbe(primary),
      agentSaysHung(primary)
        ? `agent: mysqld is hung (${primary.agent.detail})`
        : 'its agent is not there to ask',
      ...othersEvidence(view, primary),
    ],
    primary.probe.sinceMs,
  );
};

/** It does not answer, and what is known is not enough for any verdict. */
export const inDoubt: Check = (primary, view) => {
  if (answers(primary.probe)) return null;
  const verdicts = [wholeGroupDown, processGone, unreachableFromHere, refuses, hostGone, hung];
  if (verdicts.some((check) => check(primary, view) !== null)) return null;
  const agent = primary.agent.up
    ? `its agent says ${primary.agent.mysqld}${primary.agent.detail === '' ? '' : ` (${primary.agent.detail})`}`
    : 'its agent is not there to ask';
  return finding(
    [primary],
    [
      describeProbe(primary),
      agent,
      primary.heartbeat ? 'its heartbeat is in ZooKeeper' : 'its heartbeat is gone',
      ...othersEvidence(view, primary),
    ],
    primary.probe.sinceMs,
  );
};

/** Commits that do not come back from the server's own storage, while it answers reads. */
export function writesStalled(...reasons: readonly string[]): Check {
  return (primary, view) => {
    const { stalled = null } = primary.agent;
    if (stalled === null || !reasons.includes(stalled.reason) || !answers(primary.probe)) return null;
    return finding(
      [primary],
      [describeProbe(primary), `its agent: commits stall (${stalled.detail})`],
      view.nowMs,
    );
  };
}
