import { moment } from '../output/time.js';
import type { Evaluation } from './ask-engine.js';

/** Evaluations as a person reads them. */
export function explainText(engine: string, evaluations: readonly Evaluation[]): string {
  if (evaluations.length === 0) return `${engine} has not looked at the group yet`;
  return evaluations
    .map((evaluation) =>
      [
        `${moment(evaluation.wallMs)} ${engine}: ${evaluation.action.kind}`,
        `  because ${evaluation.reason}`,
        ...evaluation.diagnoses.flatMap(({ name, members, evidence }) => [
          `  ${name}${members.length === 0 ? '' : ` (${members.join(' ')})`}`,
          ...evidence.map((line) => `    ${line}`),
        ]),
      ].join('\n'),
    )
    .join('\n\n');
}
