import { moment } from '../output/time.js';
import type { Evaluation, Explanation } from './ask-engine.js';

/** What an engine sees and decides, as a person reads it: the newest evaluation with everything, the others short. */
export function explainText(
  engine: string,
  { candidates, tasks, maintenance }: Pick<Explanation, 'candidates' | 'tasks' | 'maintenance'>,
  evaluations: readonly Evaluation[],
): string {
  if (evaluations.length === 0) return `${engine} has not looked at the group yet`;
  return [
    ...evaluations.map((evaluation) => evaluationText(engine, evaluation)),
    ...(maintenance?.refused == null
      ? []
      : [`maintenance by ${maintenance.by} is over and goes on: ${maintenance.refused}`]),
    ...(candidates === null ? [] : [candidatesText(candidates)]),
    ...tasks.map(taskText),
  ].join('\n\n');
}

function evaluationText(engine: string, { wallMs, action, reason, diagnoses }: Evaluation): string {
  return [
    `${moment(wallMs)} ${engine}: ${action.kind}`,
    `  because ${reason}`,
    ...diagnoses.flatMap(({ name, members, evidence }) => [
      `  ${name}${members.length === 0 ? '' : ` (${members.join(' ')})`}`,
      ...evidence.map((line) => `    ${line}`),
    ]),
  ].join('\n');
}

function candidatesText({ eligible, refused }: NonNullable<Explanation['candidates']>): string {
  return [
    `candidates for a failover: ${eligible.join(' ') || 'none'}`,
    ...refused.map(({ member, reason }) => `  not ${member}: ${reason}`),
  ].join('\n');
}

function taskText({ name, kind, requestedBy, notBeforeMs, reason }: Explanation['tasks'][number]): string {
  const when = notBeforeMs === null ? '' : `, not before ${moment(notBeforeMs)}`;
  return `${name}: ${kind} asked for by ${requestedBy}${when}${reason === null ? '' : `; waits: ${reason}`}`;
}
