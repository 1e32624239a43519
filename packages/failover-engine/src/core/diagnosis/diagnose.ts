import type { GroupView } from '../model.js';
import { catalogue } from './catalogue.js';
import type { Diagnosis, Problem } from './types.js';

export interface Finding {
  readonly problem: Problem | null;
  readonly diagnosis: Diagnosis;
}

/** All problems that hold, most urgent first; a single `healthy` when there is none. Never throws. */
export function diagnose(view: GroupView): readonly Finding[] {
  const findings: Finding[] = [];
  for (const problem of catalogue) {
    const found = judge(problem, view);
    if (found === null) continue;
    const { problem: judged, diagnosis } = found;
    findings.push({ problem: judged, diagnosis: { ...diagnosis, sinceMs: since(diagnosis, view) } });
  }
  if (findings.length === 0) {
    const evidence = [
      `${view.primary?.primary ?? 'nobody'} is writable, ${view.members.length - 1} replicas follow`,
    ];
    findings.push({
      problem: null,
      diagnosis: { name: 'healthy', members: [], evidence, sinceMs: view.nowMs },
    });
  }
  return findings;
}

function judge(problem: Problem, view: GroupView): { problem: Problem; diagnosis: Diagnosis } | null {
  try {
    const found = problem.find(view);
    return found === null ? null : { problem, diagnosis: { name: problem.name, ...found } };
  } catch (error) {
    // A fact that cannot be understood (a GTID set that does not parse) is told, never acted on, and hides nothing else.
    const evidence = [`cannot be judged: ${error instanceof Error ? error.message : String(error)}`];
    return {
      problem: { ...problem, remedy: 'alert', asksOthers: false },
      diagnosis: { name: problem.name, members: [], evidence, sinceMs: view.nowMs },
    };
  }
}

/** A symptom without a beginning of its own lasts since it was first found. */
function since({ name, sinceMs }: Diagnosis, view: GroupView): number {
  if (sinceMs < view.nowMs) return sinceMs;
  return Math.min(view.symptomsSince?.get(name) ?? view.nowMs, view.nowMs);
}
