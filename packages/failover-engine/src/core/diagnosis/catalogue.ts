import {
  answers,
  isUsable,
  maintenanceIsOver,
  primaryMember,
  replicasOf,
  type GroupView,
  type MemberView,
  type ServerState,
} from '../model.js';
import { elect } from './election.js';
import { describeProbe, finding, ofPrimary, ofReplicas } from './find.js';
import {
  hostGone,
  hung,
  inDoubt,
  processGone,
  refuses,
  unreachableFromHere,
  wholeGroupDown,
  writesStalled,
} from './primary-death.js';
import {
  doesNotAcknowledge,
  doesNotReplicate,
  followsAnother,
  hasDiverged,
  isDown,
  isErrant,
  lags,
} from './replica-checks.js';
import type { Problem } from './types.js';

/** What most rows are: not conclusive, nobody else asked, remedy used at once. */
const row = (problem: Pick<Problem, 'name' | 'what' | 'remedy' | 'find'> & Partial<Problem>): Problem => ({
  patience: null,
  conclusive: false,
  asksOthers: false,
  ...problem,
});

const isWritable = (m: MemberView): boolean => isUsable(m) && !m.state.readOnly;

/** Connections to ZooKeeper that may be lost within the window before that is called flapping. */
const lossesMax = 3;

/** The largest value of the server's variable, 49 days: a commit that never goes on without acknowledgement. */
export const semisyncForeverMs = 4_294_967_295;

/**
 * Every problem that a group can have, most urgent first. A row holds or it does not; what is done about it, and after
 * how long, stands beside it, so that the whole behaviour can be read from this table. The first row that holds and is
 * conclusive, or has a remedy beyond an alert, is acted on.
 */
export const catalogue: readonly Problem[] = [
  row({
    name: 'store-unreachable',
    what: 'this engine has lost ZooKeeper: whatever it sees, it may not act',
    remedy: 'none',
    conclusive: true,
    find: (view) => (view.storeConnected ? null : finding([], ['no connection to ZooKeeper'], view.nowMs)),
  }),
  row({
    name: 'operation-in-progress',
    what: 'a journaled operation is under way and is finished first',
    remedy: 'none',
    conclusive: true,
    find: (view) =>
      view.operation === null ? null : finding([], [`journal holds ${view.operation}`], view.nowMs),
  }),
  row({
    name: 'policy-refused',
    what: 'the policy of the group contradicts itself, the group or the engine: the group is left alone',
    remedy: 'alert',
    conclusive: true,
    find: (view) =>
      view.refusedPolicy === undefined || view.refusedPolicy.length === 0
        ? null
        : finding([], [...view.refusedPolicy], view.nowMs),
  }),
  row({
    name: 'maintenance-over',
    what: 'the time of the maintenance is over: the primary that a person left is adopted before anything else',
    remedy: 'adopt',
    conclusive: true,
    find: (view) =>
      view.maintenance !== null && maintenanceIsOver(view)
        ? finding([], [`maintenance by ${view.maintenance.by} ("${view.maintenance.reason}")`], view.nowMs)
        : null,
  }),
  row({
    name: 'primary-not-a-member',
    what: 'the recorded primary is not a member of the group',
    remedy: 'alert',
    conclusive: true,
    find: (view) =>
      view.primary === null || primaryMember(view) !== undefined
        ? null
        : finding(
            [],
            [
              `the recorded primary ${view.primary.primary} is not a member of ${view.group}; its members are ${view.members.map((m) => m.key).join(', ') || 'nobody'}`,
            ],
            view.nowMs,
          ),
  }),
  row({
    name: 'no-primary',
    what: 'a new group: no primary was ever recorded, and one member is the most complete without doubt',
    remedy: 'elect',
    patience: 'electMs',
    conclusive: true,
    find: (view) => {
      if (!neverHadAPrimary(view)) return null;
      const election = elect(view);
      return election.kind === 'elect'
        ? { members: [election.member], evidence: election.evidence, sinceMs: view.nowMs }
        : null;
    },
  }),
  row({
    name: 'no-primary-undecided',
    what: 'no primary is recorded, and who it should be must be decided by a person',
    remedy: 'alert',
    patience: 'electMs',
    conclusive: true,
    find: (view) => {
      if (view.primary !== null) return null;
      if (!neverHadAPrimary(view)) {
        return finding(
          [],
          [
            `the master record of ${view.group} is gone although there is a route (epoch ${view.route?.epoch ?? 0}); write it again with "dcmha group add"`,
          ],
          view.nowMs,
        );
      }
      const election = elect(view);
      return election.kind === 'elect' ? null : finding([], election.why, view.nowMs);
    },
  }),
  row({
    name: 'engine-cut-off',
    what: 'this engine reaches no member at all: more likely it is cut off than they are all dead',
    remedy: 'none',
    conclusive: true,
    find: (view) =>
      view.members.length > 0 &&
      view.members.every((m) => m.probe.outcome === 'unreachable') &&
      view.members.some((m) => m.heartbeat || m.agent.up)
        ? finding(view.members, ['no member answers this engine although heartbeats are there'], view.nowMs)
        : null,
  }),
  row({
    name: 'whole-group-down',
    what: 'neither the primary nor any replica answers: nobody could be promoted',
    remedy: 'alert',
    patience: 'primaryMs',
    conclusive: true,
    find: ofPrimary(wholeGroupDown),
  }),
  row({
    name: 'primary-process-gone',
    what: 'the agent beside the primary saw its mysqld end, and nobody gets an answer from it',
    remedy: 'failover',
    patience: 'processGoneMs',
    find: ofPrimary(processGone),
  }),
  row({
    name: 'primary-unreachable-from-here',
    what: 'this engine does not reach the primary, but somebody else does: its agent, a replica, or the agent of a replica',
    remedy: 'alert',
    conclusive: true,
    find: ofPrimary(unreachableFromHere),
  }),
  row({
    name: 'primary-refuses',
    what: 'the host refuses connections to the port, and nobody who can be asked reaches it',
    remedy: 'failover',
    patience: 'refusedMs',
    asksOthers: true,
    find: ofPrimary(refuses),
  }),
  row({
    name: 'primary-host-gone',
    what: 'neither the host nor its agent answers, and nobody who can be asked reaches it',
    remedy: 'failover',
    patience: 'hostGoneMs',
    asksOthers: true,
    find: ofPrimary(hostGone),
  }),
  row({
    name: 'primary-hung',
    what: 'the primary accepts connections and answers nothing, here, at its agent and at whoever else is asked',
    remedy: 'failover',
    patience: 'hungMs',
    asksOthers: true,
    find: ofPrimary(hung),
  }),
  row({
    name: 'primary-disk-full',
    what: 'reads are answered; commits wait for space on a full disk',
    remedy: 'failover',
    patience: 'hungMs',
    find: ofPrimary(writesStalled('disk-full')),
  }),
  row({
    name: 'primary-writes-stalled',
    what: 'reads are answered; commits do not come back from storage, and nothing gets on (waits for semi-sync excluded)',
    remedy: 'failover',
    patience: 'writesStalledMs',
    find: ofPrimary(writesStalled('storage')),
  }),
  row({
    name: 'two-writable-servers',
    what: 'a server that is not the primary is open for writes beside the open primary',
    remedy: 'close-others',
    find: ofReplicas((replica, view) => {
      const primary = primaryMember(view);
      return primary !== undefined && isWritable(primary) && isWritable(replica)
        ? `is writable, and so is the primary ${primary.key}`
        : null;
    }),
  }),
  row({
    name: 'replica-writable',
    what: 'a server that is not the primary is open for writes',
    remedy: 'close-others',
    find: ofReplicas((replica, view) => {
      const primary = primaryMember(view);
      return primary !== undefined && !isWritable(primary) && isWritable(replica)
        ? 'is writable and is not the primary'
        : null;
    }),
  }),
  row({
    name: 'primary-read-only',
    what: 'the recorded primary answers and is closed for writes',
    remedy: 'reopen',
    find: ofPrimary((primary, view) =>
      isUsable(primary) && primary.state.readOnly
        ? finding([primary], [`${primary.key} has super_read_only or read_only set`], view.nowMs)
        : null,
    ),
  }),
  row({
    name: 'primary-settings-lost',
    what: 'the open primary has not the durability or the semi-sync that the policy promises',
    remedy: 'restore-settings',
    patience: 'primaryMs',
    find: ofPrimary((primary, view) => {
      if (!isUsable(primary) || primary.state.readOnly) return null;
      const wrong = wrongSettings(primary.state, view);
      return wrong.length === 0 ? null : finding([primary], wrong, view.nowMs);
    }),
  }),
  row({
    name: 'primary-in-doubt',
    what: 'the primary does not answer, and what is known is not enough to call it dead',
    remedy: 'alert',
    patience: 'primaryMs',
    find: ofPrimary(inDoubt),
  }),
  row({
    name: 'primary-saturated',
    what: 'every connection of the primary is taken: it is alive',
    remedy: 'alert',
    patience: 'primaryMs',
    find: ofPrimary((primary) =>
      primary.probe.outcome === 'saturated'
        ? finding([primary], [describeProbe(primary)], primary.probe.sinceMs)
        : null,
    ),
  }),
  row({
    name: 'primary-credentials-refused',
    what: 'the primary is alive and refuses the engine’s account',
    remedy: 'alert',
    patience: 'primaryMs',
    find: ofPrimary((primary) =>
      primary.probe.outcome === 'denied'
        ? finding([primary], [describeProbe(primary)], primary.probe.sinceMs)
        : null,
    ),
  }),
  row({
    name: 'primary-writes-locked',
    what: 'somebody’s lock (FLUSH TABLES WITH READ LOCK, a backup) holds back every commit: the server is well',
    remedy: 'alert',
    patience: 'primaryMs',
    find: ofPrimary(writesStalled('lock')),
  }),
  row({
    name: 'heartbeat-lost',
    what: 'the agent’s heartbeat is gone although MySQL answers: never a reason to switch',
    remedy: 'alert',
    patience: 'heartbeatLostMs',
    find: ofPrimary((primary, view) =>
      !primary.heartbeat && answers(primary.probe)
        ? finding([primary], ['no heartbeat in online-list', describeProbe(primary)], view.nowMs)
        : null,
    ),
  }),
  row({
    name: 'semisync-blocked',
    what: 'commits on the primary wait for acknowledgements that nobody can give',
    remedy: 'alert',
    find: ofPrimary((primary, view) => {
      const wanted = wantedAckers(view);
      if (wanted === null || !isUsable(primary) || !primary.state.semisync.sourceEnabled) return null;
      const { ackers, waitingSessions } = primary.state.semisync;
      return ackers >= wanted
        ? null
        : finding(
            [primary],
            [
              `${ackers} of ${wanted} acknowledging replicas are connected, ${waitingSessions === 0 ? 'no session waits yet' : 'sessions wait'}`,
            ],
            view.nowMs,
          );
    }),
  }),
  row({
    name: 'semisync-at-limit',
    what: 'as many replicas acknowledge as a commit waits for, though the group has more: the loss of one more stops writes',
    remedy: 'alert',
    patience: 'replicaMs',
    find: ofPrimary((primary, view) => {
      const wanted = wantedAckers(view);
      if (wanted === null || !isUsable(primary) || !primary.state.semisync.sourceEnabled) return null;
      const replicas = replicasOf(view).length;
      return primary.state.semisync.ackers === wanted && replicas > wanted
        ? finding(
            [primary],
            [`${wanted} of ${replicas} replicas acknowledge, and a commit waits for ${wanted}`],
            view.nowMs,
          )
        : null;
    }),
  }),
  row({
    name: 'replica-down',
    what: 'a replica does not answer',
    remedy: 'alert',
    patience: 'replicaMs',
    find: ofReplicas(isDown),
  }),
  row({
    name: 'replica-diverged',
    what: 'a replica has transactions that the primary has not and lacks others, or stopped at a row that is not as the source had it',
    remedy: 'alert',
    patience: 'replicaMs',
    find: ofReplicas(hasDiverged),
  }),
  row({
    name: 'replica-errant',
    what: 'a replica has transactions that the primary has not',
    remedy: 'alert',
    patience: 'replicaMs',
    find: ofReplicas(isErrant),
  }),
  row({
    name: 'replica-wrong-source',
    what: 'a replica follows somebody else than the primary',
    remedy: 'alert',
    patience: 'replicaMs',
    find: ofReplicas(followsAnother),
  }),
  row({
    name: 'replica-not-replicating',
    what: 'a replica has stopped receiving or applying',
    remedy: 'alert',
    patience: 'replicaMs',
    find: ofReplicas(doesNotReplicate),
  }),
  row({
    name: 'replica-lagging',
    what: 'a replica is behind the limit and is not read from',
    remedy: 'alert',
    patience: 'replicaMs',
    find: ofReplicas(lags),
  }),
  row({
    name: 'replica-not-acknowledging',
    what: 'a replica follows the primary without acknowledging, where the policy wants semi-sync',
    remedy: 'restore-settings',
    patience: 'replicaMs',
    find: ofReplicas(doesNotAcknowledge),
  }),
  row({
    name: 'store-flapping',
    what: 'this engine loses its connection to ZooKeeper again and again: what it knows is often old',
    remedy: 'alert',
    find: (view) => {
      const { store } = view;
      if (store === undefined || store.losses < lossesMax) return null;
      return finding(
        [],
        [`${store.losses} connections to ZooKeeper were lost within ${store.windowMs / 1000} s`],
        view.nowMs,
      );
    },
  }),
];

/** Neither a primary nor a route was ever written; whoever had one left a route behind. */
function neverHadAPrimary(view: GroupView): boolean {
  return view.primary === null && view.route === null && view.lastFailoverWallMs === null;
}

function wantedAckers(view: GroupView): number | null {
  return view.policy.durability.mode === 'semisync' ? view.policy.durability.ackers : null;
}

function wrongSettings({ durable, semisync, flavor }: ServerState, view: GroupView): string[] {
  const wrong: string[] = [];
  if (durable === false)
    wrong.push('sync_binlog and innodb_flush_log_at_trx_commit are not both 1: a crash may lose commits');
  const { durability } = view.policy;
  if (durability.mode === 'async') {
    if (semisync.sourceEnabled) wrong.push('the source side of semi-sync is on, and the policy says async');
    return wrong;
  }
  if (!semisync.sourceEnabled) return [...wrong, 'the source side of semi-sync is off'];
  const { waitForAckers, timeoutMs } = semisync;
  if (flavor === 'mysql' && waitForAckers !== undefined && waitForAckers !== durability.ackers) {
    wrong.push(
      `a commit waits for ${waitForAckers} acknowledgements, and the policy says ${durability.ackers}`,
    );
  }
  const fallbackMs = durability.fallbackMs ?? semisyncForeverMs;
  if (timeoutMs !== undefined && timeoutMs !== null && timeoutMs !== fallbackMs) {
    wrong.push(
      `semi-sync goes on without acknowledgement after ${timeoutMs} ms, and the policy says ${durability.fallbackMs === undefined ? 'never' : `${fallbackMs} ms`}`,
    );
  }
  return wrong;
}
