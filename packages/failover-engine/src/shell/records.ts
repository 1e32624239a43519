import type { NodeInput, NodeValue } from '@dcmha/zk-schema';
import { z } from 'zod';
import type { HistoryEntry, Journal } from '../core/journal.js';
import type { Maintenance, PrimaryRecord, Route } from '../core/model.js';

/** Between the engine's records and the values of the ZooKeeper tree. */

export function primaryFromValue(value: NodeValue<'master'>): PrimaryRecord {
  const { primary, epoch, sinceMs, gtidExecuted = '', serverUuid = '' } = value;
  return { primary, epoch, sinceMs, gtidExecuted, serverUuid };
}

export function primaryToValue(record: PrimaryRecord): NodeInput<'master'> {
  return { ...record, sinceMs: Math.round(record.sinceMs) };
}

export function routeFromValue({ write, read, epoch, version, reason }: NodeValue<'route'>): Route {
  return { write, read, epoch, version, reason };
}

export function routeToValue(route: Route, nowMs: number): NodeInput<'route'> {
  return { ...route, read: [...route.read], changedAtMs: Math.round(nowMs) };
}

/** Also one whose time is over: it ends when the engine has adopted the primary that was left. */
export function maintenanceFromValue(value: NodeValue<'white'>): Maintenance {
  return { by: value.by, reason: value.reason, untilMs: value.untilMs ?? null };
}

const steps = ['preparing', 'closing', 'promoting', 'finishing', 'standing-down'] as const;
const detailSchema = z.object({
  reason: z.string().default(''),
  task: z.string().nullable().default(null),
  target: z.string().nullable().default(null),
  allowDataLoss: z.boolean().default(false),
});

export function journalToValue(journal: Journal): NodeInput<'journal'> {
  const { operation, id, epoch, step, owner, candidate, oldPrimary, requestedBy, phasesMs } = journal;
  const { reason, task, target, allowDataLoss } = journal;
  return {
    operation,
    id,
    epoch,
    step,
    startedAtMs: Math.round(journal.startedAtMs),
    owner,
    oldPrimary,
    phases: { ...phasesMs },
    detail: { reason, task, target, allowDataLoss },
    ...(candidate === null ? {} : { candidate }),
    ...(requestedBy === null ? {} : { requestedBy }),
  };
}

/** @throws Error when the journal is of a step or an operation that this version does not know. */
export function journalFromValue(value: NodeValue<'journal'>): Journal {
  const step = steps.find((known) => known === value.step);
  if (step === undefined || value.oldPrimary === undefined) {
    throw new Error(
      `the journal of operation ${value.id} is at step "${value.step}"; this engine knows ${steps.join(', ')}: was it written by a newer version?`,
    );
  }
  const detail = detailSchema.parse(value.detail);
  return {
    operation: value.operation,
    id: value.id,
    step,
    epoch: value.epoch,
    oldPrimary: value.oldPrimary,
    candidate: value.candidate ?? null,
    owner: value.owner,
    startedAtMs: value.startedAtMs,
    phasesMs: value.phases,
    reason: detail.reason,
    requestedBy: value.requestedBy ?? null,
    task: detail.task,
    target: detail.target,
    allowDataLoss: detail.allowDataLoss,
  };
}

export function historyToValue(entry: HistoryEntry, group: string): NodeInput<'history'> {
  const { kind, result, id, epoch, reason, phasesMs, task, notes, from, to, requestedBy } = entry;
  return {
    kind,
    group,
    result,
    at: Math.round(entry.atMs),
    epoch,
    reason,
    phasesMs: { ...phasesMs },
    detail: { id, notes: [...notes], ...(requestedBy == null ? {} : { requestedBy }) },
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
    ...(task === null ? {} : { task }),
  };
}
