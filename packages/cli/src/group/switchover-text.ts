import { duration } from '../output/time.js';
import type { SwitchoverReport } from './ask-engine.js';

/** What a switchover would do, as a person reads it. */
export function switchoverText({ group, possible, checks, candidates, plan }: SwitchoverReport): string {
  return [
    ...checks.map(({ ok, name, detail }) => `${ok ? 'ok ' : 'NO '} ${name}: ${detail}`),
    ...(candidates?.refused ?? []).map(({ member, reason }) => `    not ${member}: ${reason}`),
    ...(plan === null
      ? []
      : [
          `${plan.from} -> ${plan.to}`,
          ...plan.steps.map((step, index) => `  ${index + 1}. ${step}`),
          `  writes are held for about ${duration(plan.holdMs)}, at most ${duration(plan.holdMsMax)}: then it goes back`,
        ]),
    possible ? `${group} can be switched over; nothing was changed` : `${group} would not be switched over`,
  ].join('\n');
}
