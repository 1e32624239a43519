import type { Store } from '@dcmha/zk-schema';
import { z } from 'zod';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';
import { requireGroup } from './require-group.js';

const diagnosisSchema = z.looseObject({
  name: z.string(),
  members: z.array(z.string()).default([]),
  evidence: z.array(z.string()).default([]),
});

/** What an engine answers to `GET /groups/<group>/explain`; what a newer one adds is passed on. */
const explainSchema = z.looseObject({
  evaluations: z.array(
    z.looseObject({
      wallMs: z.number(),
      diagnoses: z.array(diagnosisSchema),
      action: z.looseObject({ kind: z.string() }),
      reason: z.string(),
      alerts: z.array(diagnosisSchema).default([]),
    }),
  ),
});

export type Evaluation = z.output<typeof explainSchema>['evaluations'][number];

const answerBytesMax = 16 * 1024 * 1024;

/**
 * Evaluations of the engine that owns the group, the newest first.
 *
 * @throws {CliError} when no engine owns it, or that engine cannot be asked
 */
export async function askEngine(
  store: Store,
  group: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<{ engine: string; evaluations: Evaluation[] }> {
  await requireGroup(store, group);
  const owner = await store.engineOwner.read({ group });
  if (owner === null) {
    throw new CliError(`no engine looks after "${group}"`, {
      remedy: 'start one: dcmha engine --config FILE',
      exitCode: ExitCode.unreachable,
    });
  }
  const { engine } = owner.value;
  const endpoint = (await store.engineMembers.read({ id: engine }))?.value.endpoint;
  if (endpoint === undefined) {
    throw new CliError(`the engine ${engine} does not say where it can be asked`, {
      expected: 'expected an endpoint in engine/members',
      remedy: 'set http in its configuration',
      exitCode: ExitCode.unreachable,
    });
  }
  const url = new URL(`/groups/${encodeURIComponent(group)}/explain`, endpoint);
  const answer = await get(url, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  const parsed = explainSchema.safeParse(answer);
  if (!parsed.success) {
    throw new CliError(`the engine ${engine} at ${endpoint} gave an answer that this version does not know`, {
      remedy: 'use a dcmha of the same version',
      cause: parsed.error,
    });
  }
  return { engine, evaluations: parsed.data.evaluations };
}

async function get(url: URL, signal: AbortSignal): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { signal });
    text = await response.text();
  } catch (error) {
    throw new CliError(`the engine at ${url.origin} cannot be asked: ${reason(error)}`, {
      remedy: 'check that it runs, and that http.advertise in its configuration can be reached from here',
      exitCode: ExitCode.unreachable,
      cause: error,
    });
  }
  if (!response.ok || text.length > answerBytesMax) {
    throw new CliError(`the engine at ${url.origin} answers ${response.status}: ${text.slice(0, 300)}`, {
      remedy: 'try again: the group may just have moved to another engine',
    });
  }
  return JSON.parse(text) as unknown;
}

/** `fetch failed` says nothing; its cause does. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
