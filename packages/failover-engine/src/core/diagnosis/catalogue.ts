import { errantOf } from '../gtids.js';
import { answers, isUsable, primaryMember, replicasOf, type GroupView, type MemberView } from '../model.js';
import type { Diagnosis, Problem } from './types.js';

type Finding = Omit<Diagnosis, 'name'> | null;

const atOnce = (): number => 0;

function finding(members: readonly MemberView[], evidence: string[], sinceMs: number): Finding {
  return { members: members.map((m) => m.key), evidence, sinceMs };
}

const describeProbe = (m: MemberView): string =>
  `${m.key} is ${m.probe.outcome}${m.probe.detail === '' ? '' : ` (${m.probe.detail})`}`;

/** Replicas that answer and still receive from the primary: proof that somebody reaches it. */
function receivingFrom(view: GroupView, primary: MemberView): MemberView[] {
  return replicasOf(view).filter(
    (r) => isUsable(r) && r.state.channel?.source === primary.key && r.state.channel.receiver === 'running',
  );
}

function answeringReplicas(view: GroupView): MemberView[] {
  return replicasOf(view).filter((r) => answers(r.probe));
}

/** Facts about the replicas that go into every verdict on a primary. */
function replicaEvidence(view: GroupView, primary: MemberView): string[] {
  const receiving = receivingFrom(view, primary).length;
  return [
    `${answeringReplicas(view).length} of ${replicasOf(view).length} replicas answer, ${receiving} still receive from it`,
  ];
}

/** A problem of the recorded primary; nothing is found in a group without one. */
function ofPrimary(check: (primary: MemberView, view: GroupView) => Finding) {
  return (view: GroupView): Finding => {
    const primary = primaryMember(view);
    return primary === undefined ? null : check(primary, view);
  };
}

/** A problem that replicas may have, one finding for all that have it. */
function ofReplicas(why: (replica: MemberView, view: GroupView) => string | null) {
  return (view: GroupView): Finding => {
    const found = replicasOf(view).flatMap((replica) => {
      const reason = why(replica, view);
      return reason === null ? [] : [{ replica, reason }];
    });
    if (found.length === 0) return null;
    return finding(
      found.map((f) => f.replica),
      found.map((f) => `${f.replica.key} ${f.reason}`),
      view.nowMs,
    );
  };
}

/**
 * Every problem that a group can have, most urgent first. A row holds or it does not; what is done about it, and after
 * how long, stands beside it, so that the whole behaviour can be read from this table.
 */
export const catalogue: readonly Problem[] = [
  {
    name: 'store-unreachable',
    what: 'this engine has lost ZooKeeper: whatever it sees, it may not act',
    remedy: 'none',
    patienceMs: atOnce,
    find: (view) => (view.storeConnected ? null : finding([], ['no connection to ZooKeeper'], view.nowMs)),
  },
  {
    name: 'operation-in-progress',
    what: 'a journaled operation is under way and is finished first',
    remedy: 'none',
    patienceMs: atOnce,
    find: (view) =>
      view.operation === null ? null : finding([], [`journal holds ${view.operation}`], view.nowMs),
  },
  {
    name: 'no-primary-recorded',
    what: 'the group has no primary in ZooKeeper',
    remedy: 'alert',
    patienceMs: atOnce,
    find: (view) =>
      primaryMember(view) !== undefined
        ? null
        : finding(
            [],
            [
              view.primary === null
                ? `no master record for ${view.group}; register the group with "dcmha group add"`
                : `the recorded primary ${view.primary.primary} is not a member of ${view.group}`,
            ],
            view.nowMs,
          ),
  },
  {
    name: 'engine-cut-off',
    what: 'this engine reaches no member at all: more likely it is cut off than they are all dead',
    remedy: 'none',
    patienceMs: atOnce,
    find: (view) =>
      view.members.length > 0 &&
      view.members.every((m) => m.probe.outcome === 'unreachable') &&
      view.members.some((m) => m.heartbeat)
        ? finding(view.members, ['no member answers this engine although heartbeats are there'], view.nowMs)
        : null,
  },
  {
    name: 'whole-group-down',
    what: 'neither the primary nor any replica answers',
    remedy: 'alert',
    patienceMs: atOnce,
    find: ofPrimary((primary, view) =>
      !answers(primary.probe) && primary.probe.outcome !== 'unknown' && answeringReplicas(view).length === 0
        ? finding(view.members, view.members.map(describeProbe), primary.probe.sinceMs)
        : null,
    ),
  },
  {
    name: 'primary-process-gone',
    what: 'the agent beside the primary saw its mysqld end, and nobody gets an answer from it',
    remedy: 'failover',
    patienceMs: (view) => view.policy.patience.processGoneMs,
    find: ofPrimary((primary, view) =>
      primary.agent.up && primary.agent.mysqld === 'down' && !answers(primary.probe)
        ? finding(
            [primary],
            [
              `agent: mysqld is gone (${primary.agent.detail})`,
              describeProbe(primary),
              ...replicaEvidence(view, primary),
            ],
            primary.probe.sinceMs,
          )
        : null,
    ),
  },
  {
    name: 'primary-unreachable-from-here',
    what: 'this engine does not reach the primary, but somebody else does',
    remedy: 'alert',
    patienceMs: atOnce,
    find: ofPrimary((primary, view) => {
      if (answers(primary.probe) || primary.probe.outcome === 'unknown') return null;
      // The receivers of a hung primary stay "running" until their own timeout: they prove nothing then.
      const receiving = primary.probe.outcome === 'hung' ? [] : receivingFrom(view, primary);
      if (receiving.length === 0 && primary.agent.mysqld !== 'up') return null;
      const witnesses = receiving.map((r) => `${r.key} still receives from it`);
      if (primary.agent.mysqld === 'up') witnesses.push('its agent says that mysqld answers');
      return finding([primary], [describeProbe(primary), ...witnesses], primary.probe.sinceMs);
    }),
  },
  {
    name: 'primary-refuses',
    what: 'the host refuses connections to the port and no replica receives from it any more',
    remedy: 'failover',
    patienceMs: (view) => view.policy.patience.refusedMs,
    find: ofPrimary((primary, view) =>
      primary.probe.outcome === 'refused' &&
      primary.agent.mysqld !== 'up' &&
      receivingFrom(view, primary).length === 0
        ? finding(
            [primary],
            [describeProbe(primary), ...replicaEvidence(view, primary)],
            primary.probe.sinceMs,
          )
        : null,
    ),
  },
  {
    name: 'primary-host-gone',
    what: 'neither the host nor its agent answers, and no replica receives from it any more',
    remedy: 'failover',
    patienceMs: (view) => view.policy.patience.hostGoneMs,
    find: ofPrimary((primary, view) =>
      primary.probe.outcome === 'unreachable' &&
      !primary.agent.up &&
      !primary.heartbeat &&
      receivingFrom(view, primary).length === 0
        ? finding(
            [primary],
            [describeProbe(primary), 'its agent has left ZooKeeper', ...replicaEvidence(view, primary)],
            primary.probe.sinceMs,
          )
        : null,
    ),
  },
  {
    name: 'primary-hung',
    what: 'the primary accepts connections and answers nothing, here and at its agent',
    remedy: 'failover',
    patienceMs: (view) => view.policy.patience.hungMs,
    find: ofPrimary((primary, view) =>
      primary.probe.outcome === 'hung' && (primary.agent.mysqld === 'hung' || !primary.agent.up)
        ? finding(
            [primary],
            [
              describeProbe(primary),
              primary.agent.up
                ? `agent: mysqld is hung (${primary.agent.detail})`
                : 'its agent is not there to ask',
              ...replicaEvidence(view, primary),
            ],
            primary.probe.sinceMs,
          )
        : null,
    ),
  },
  {
    name: 'primary-saturated',
    what: 'every connection of the primary is taken: it is alive',
    remedy: 'alert',
    patienceMs: atOnce,
    find: ofPrimary((primary) =>
      primary.probe.outcome === 'saturated'
        ? finding([primary], [describeProbe(primary)], primary.probe.sinceMs)
        : null,
    ),
  },
  {
    name: 'primary-credentials-refused',
    what: 'the primary is alive and refuses the engine’s account',
    remedy: 'alert',
    patienceMs: atOnce,
    find: ofPrimary((primary) =>
      primary.probe.outcome === 'denied'
        ? finding([primary], [describeProbe(primary)], primary.probe.sinceMs)
        : null,
    ),
  },
  {
    name: 'two-writable-servers',
    what: 'a server that is not the primary is open for writes',
    remedy: 'close-others',
    patienceMs: atOnce,
    find: ofReplicas((replica) =>
      isUsable(replica) && !replica.state.readOnly ? 'is writable and is not the primary' : null,
    ),
  },
  {
    name: 'primary-read-only',
    what: 'the recorded primary answers and is closed for writes',
    remedy: 'reopen',
    patienceMs: atOnce,
    find: ofPrimary((primary, view) =>
      isUsable(primary) && primary.state.readOnly
        ? finding([primary], [`${primary.key} has super_read_only or read_only set`], view.nowMs)
        : null,
    ),
  },
  {
    name: 'heartbeat-lost',
    what: 'the agent’s heartbeat is gone although MySQL answers: never a reason to switch',
    remedy: 'alert',
    patienceMs: atOnce,
    find: ofPrimary((primary) =>
      !primary.heartbeat && answers(primary.probe)
        ? finding([primary], ['no heartbeat in online-list', describeProbe(primary)], primary.probe.sinceMs)
        : null,
    ),
  },
  {
    name: 'semisync-blocked',
    what: 'commits on the primary wait for acknowledgements that nobody can give',
    remedy: 'alert',
    patienceMs: atOnce,
    find: ofPrimary((primary, view) => {
      if (view.policy.durability.mode !== 'semisync' || !isUsable(primary)) return null;
      const { ackers, waitingSessions, sourceEnabled } = primary.state.semisync;
      if (!sourceEnabled || ackers >= view.policy.durability.ackers) return null;
      return finding(
        [primary],
        [
          `${ackers} of ${view.policy.durability.ackers} acknowledging replicas are connected, ${waitingSessions} sessions wait`,
        ],
        view.nowMs,
      );
    }),
  },
  {
    name: 'replica-down',
    what: 'a replica does not answer',
    remedy: 'alert',
    patienceMs: atOnce,
    find: ofReplicas((r) =>
      answers(r.probe) || r.probe.outcome === 'unknown' ? null : `is ${r.probe.outcome} (${r.probe.detail})`,
    ),
  },
  {
    name: 'replica-errant',
    what: 'a replica has transactions that the primary has not',
    remedy: 'alert',
    patienceMs: atOnce,
    find: ofReplicas((r, view) => {
      const primary = primaryMember(view);
      if (!isUsable(r) || primary === undefined || !isUsable(primary)) return null;
      const errant = errantOf(r.state.gtidExecuted, primary.state);
      return errant === '' ? null : `has ${errant}, which the primary has not`;
    }),
  },
  {
    name: 'replica-wrong-source',
    what: 'a replica follows somebody else than the primary',
    remedy: 'alert',
    patienceMs: atOnce,
    find: ofReplicas((r, view) =>
      isUsable(r) && r.state.channel !== null && r.state.channel.source !== view.primary?.primary
        ? `follows ${r.state.channel.source}`
        : null,
    ),
  },
  {
    name: 'replica-not-replicating',
    what: 'a replica has stopped receiving or applying',
    remedy: 'alert',
    patienceMs: atOnce,
    find: ofReplicas((r) => {
      if (!isUsable(r)) return null;
      if (r.state.channel === null) return 'replicates from nobody';
      if (r.state.channel.applier !== 'running')
        return `has its applier stopped: ${r.state.channel.applierError}`;
      if (r.state.channel.receiver !== 'running') {
        return `has its receiver ${r.state.channel.receiver}: ${r.state.channel.receiverError}`;
      }
      return null;
    }),
  },
  {
    name: 'replica-lagging',
    what: 'a replica is behind the limit and is not read from',
    remedy: 'alert',
    patienceMs: atOnce,
    find: ofReplicas((r, view) =>
      isUsable(r) && r.state.channel?.lagMs != null && r.state.channel.lagMs > view.policy.readLagMaxMs
        ? `is ${r.state.channel.lagMs} ms behind (limit ${view.policy.readLagMaxMs} ms)`
        : null,
    ),
  },
];
