import { beyond, errantOf } from '../gtids.js';
import {
  answers,
  isUsable,
  primaryMember,
  type GroupView,
  type ReplicaChannel,
  type ServerState,
} from '../model.js';
import type { ReplicaCheck } from './find.js';

/** ER_DUP_ENTRY, ER_KEY_NOT_FOUND: the rows are not what the source had. */
const divergedErrno = /^(1062|1032)\b/;
const divergedText = /Duplicate entry|Can't find record/;

/** Two diagnoses ask for it, at every evaluation, and GTID sets are long. */
const compared = new WeakMap<ServerState, { readonly primary: ServerState; readonly errant: string }>();

/** Transactions that the replica has and the primary has not; empty where it cannot be told. */
function errant(replica: Parameters<ReplicaCheck>[0], view: GroupView): string {
  const primary = primaryMember(view);
  if (!isUsable(replica) || primary === undefined || !isUsable(primary)) return '';
  const known = compared.get(replica.state);
  if (known?.primary === primary.state) return known.errant;
  const found = errantOf(replica.state.gtidExecuted, primary.state);
  compared.set(replica.state, { primary: primary.state, errant: found });
  return found;
}

export const isDown: ReplicaCheck = (r) =>
  answers(r.probe) || r.probe.outcome === 'unknown' ? null : `is ${r.probe.outcome} (${r.probe.detail})`;

export const hasDiverged: ReplicaCheck = (r, view) => {
  if (!isUsable(r)) return null;
  const { channel } = r.state;
  if (
    channel?.applier === 'stopped' &&
    (divergedErrno.test(channel.applierError) || divergedText.test(channel.applierError))
  ) {
    return `holds other rows than the primary: its applier stopped with ${channel.applierError}`;
  }
  const extra = errant(r, view);
  const primary = primaryMember(view);
  if (extra === '' || primary?.state == null) return null;
  const missing = beyond(beyond(primary.state.gtidExecuted, r.state.gtidExecuted), receivedOf(channel));
  return missing === '' ? null : `has ${extra}, which the primary has not, and lacks ${missing}`;
};

function receivedOf(channel: ReplicaChannel | null): string {
  return channel?.receivedGtids ?? '';
}

export const isErrant: ReplicaCheck = (r, view) => {
  const extra = errant(r, view);
  return extra === '' || hasDiverged(r, view) !== null ? null : `has ${extra}, which the primary has not`;
};

export const followsAnother: ReplicaCheck = (r, view) =>
  isUsable(r) && r.state.channel !== null && r.state.channel.source !== view.primary?.primary
    ? `follows ${r.state.channel.source}`
    : null;

export const doesNotReplicate: ReplicaCheck = (r) => {
  if (!isUsable(r)) return null;
  const { channel } = r.state;
  if (channel === null) return 'replicates from nobody';
  if (channel.applier !== 'running')
    return `has its applier stopped: ${channel.applierError || 'nobody says why'}`;
  if (channel.receiver !== 'running') {
    return `has its receiver ${channel.receiver}: ${channel.receiverError || 'nobody says why'}`;
  }
  return null;
};

export const lags: ReplicaCheck = (r, view) =>
  isUsable(r) && r.state.channel?.lagMs != null && r.state.channel.lagMs > view.policy.readLagMaxMs
    ? `is ${r.state.channel.lagMs} ms behind (limit ${view.policy.readLagMaxMs} ms)`
    : null;

export const doesNotAcknowledge: ReplicaCheck = (r, view) =>
  view.policy.durability.mode === 'semisync' &&
  isUsable(r) &&
  r.state.channel?.source === view.primary?.primary &&
  !r.state.semisync.replicaEnabled
    ? 'follows without acknowledging: semi-sync is off on it'
    : null;
