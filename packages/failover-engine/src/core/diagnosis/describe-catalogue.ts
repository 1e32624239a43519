import type { GroupPolicy } from '@dcmha/zk-schema';
import { catalogue } from './catalogue.js';
import type { Problem, Remedy } from './types.js';

const remedies: Readonly<Record<Remedy, string>> = {
  none: 'nothing is done, about this or anything else',
  alert: 'a person is told',
  failover: 'failover',
  'close-others': 'the others are closed for writes',
  reopen: 'it is opened again, unless a replica has what it lacks',
  'restore-settings': 'the settings of the role are set again',
  elect: 'the member is elected',
  adopt: 'the primary that was left is recorded, and maintenance ends',
};

/** The catalogue as a page for people (docs/diagnoses.md). Patience is shown with the given defaults. */
export function describeCatalogue(defaults: GroupPolicy): string {
  const lines = [
    '# Diagnoses',
    '',
    'What the engine can find wrong with a group, most urgent first; this page is made from the catalogue',
    '(`packages/failover-engine/src/core/diagnosis/catalogue.ts`). `dcmha explain GROUP` shows what holds now, with the evidence.',
    '',
    'The first diagnosis that holds and is conclusive, or has a remedy beyond telling a person, is acted on, once it has lasted',
    'for its patience (keys of `patience` in the policy of the group). In maintenance nothing is done but looking.',
    '',
  ];
  for (const problem of catalogue) lines.push(...section(problem, defaults));
  return lines.join('\n');
}

function section(problem: Problem, defaults: GroupPolicy): string[] {
  const { name, what, remedy, patience, conclusive, asksOthers } = problem;
  return [
    `## ${name}`,
    '',
    `${what[0]?.toUpperCase() ?? ''}${what.slice(1)}.`,
    '',
    `- Remedy: ${remedies[remedy]}.`,
    patience === null
      ? '- Patience: none.'
      : `- Patience: \`${patience}\`, by default ${defaults.patience[patience]} ms.`,
    ...(asksOthers
      ? [
          '- Waits for what the agents of the other members see (`opinionTimeoutMs`), and for ZooKeeper to settle (`storeSettledMs`).',
        ]
      : []),
    ...(conclusive ? ['- Conclusive: no diagnosis below is acted on while it holds.'] : []),
    '',
  ];
}
