import type { SemisyncNames } from '../dialect/dialect.js';
import type { SemisyncStatus } from './instance-status.js';
import { isOn, toNumber, toNumberOrNull } from './parse-values.js';

type Values = ReadonlyMap<string, string>;

/** Semi-sync as a server has it: how it is named there, and which sides are installed. */
export interface InstalledSemisync {
  readonly names: SemisyncNames;
  readonly source: boolean;
  readonly replica: boolean;
}

/** Which of the possible generations of semi-sync the server has, judged by its variables; undefined: none. */
export function findSemisync(
  candidates: readonly SemisyncNames[],
  variables: Values,
): InstalledSemisync | undefined {
  const installed = candidates.map((names) => ({
    names,
    source: variables.has(names.sourceEnabled),
    replica: variables.has(names.replicaEnabled),
  }));
  return (
    installed.find(({ source, replica }) => source && replica) ??
    installed.find(({ source, replica }) => source || replica)
  );
}

/** Reads variables and counters (names in lower case) of semi-sync. */
export function parseSemisync(
  installed: InstalledSemisync | undefined,
  variables: Values,
  counters: Values,
): SemisyncStatus {
  if (installed === undefined) return none;
  const { names, source, replica } = installed;
  const variable = (name: string): string | undefined => variables.get(name.toLowerCase());
  const counter = (name: string): string | undefined => counters.get(name.toLowerCase());
  const waitFor = names.waitForAckers === null ? '1' : variable(names.waitForAckers);
  return {
    sourcePlugin: source,
    replicaPlugin: replica,
    sourceEnabled: isOn(variable(names.sourceEnabled)),
    replicaEnabled: isOn(variable(names.replicaEnabled)),
    ackers: toNumber(counter(names.statusClients)),
    waitForAckers: source ? toNumber(waitFor) : 0,
    timeoutMs: toNumberOrNull(variable(names.sourceTimeoutMs)),
    waitPoint: variable(names.waitPoint) ?? '',
    sourceStatus: isOn(counter(names.statusSource)),
    waitingSessions: toNumber(counter(names.statusWaitSessions)),
    generation: names.generation,
  };
}

const none: SemisyncStatus = {
  sourcePlugin: false,
  replicaPlugin: false,
  sourceEnabled: false,
  replicaEnabled: false,
  ackers: 0,
  waitForAckers: 0,
  timeoutMs: null,
  waitPoint: '',
  sourceStatus: false,
  waitingSessions: 0,
  generation: null,
};
