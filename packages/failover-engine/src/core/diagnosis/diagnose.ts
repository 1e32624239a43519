import type { GroupView } from '../model.js';
import { catalogue } from './catalogue.js';
import type { Diagnosis, Problem } from './types.js';

export interface Finding {
  readonly problem: Problem | null;
  readonly diagnosis: Diagnosis;
}

/** All problems that hold, most urgent first; a single `healthy` when there is none. */
export function diagnose(view: GroupView): readonly Finding[] {
  const findings: Finding[] = [];
  for (const problem of catalogue) {
    const found = problem.find(view);
    if (found !== null) findings.push({ problem, diagnosis: { name: problem.name, ...found } });
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
