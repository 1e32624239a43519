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

const refusedSchema = z.array(z.looseObject({ member: z.string(), reason: z.string() }));
const candidatesSchema = z.looseObject({
  chosen: z.string().nullable(),
  eligible: z.array(z.string()),
  refused: refusedSchema,
  reason: z.string(),
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
  candidates: candidatesSchema.nullable().default(null),
  tasks: z
    .array(
      z.looseObject({
        name: z.string(),
        kind: z.string(),
        requestedBy: z.string(),
        notBeforeMs: z.number().nullable(),
        reason: z.string().nullable(),
      }),
    )
    .default([]),
  maintenance: z
    .looseObject({
      by: z.string(),
      reason: z.string(),
      untilMs: z.number().nullable(),
      refused: z.string().nullable(),
    })
    .nullable()
    .default(null),
});

export type Explanation = z.output<typeof explainSchema>;
export type Evaluation = z.output<typeof explainSchema>['evaluations'][number];

const switchoverSchema = z.looseObject({
  group: z.string(),
  possible: z.boolean(),
  checks: z.array(z.looseObject({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  candidates: candidatesSchema.nullable(),
  plan: z
    .looseObject({
      from: z.string(),
      to: z.string(),
      steps: z.array(z.string()),
      holdMs: z.number(),
      holdMsMax: z.number(),
    })
    .nullable(),
});
export type SwitchoverReport = z.output<typeof switchoverSchema>;

const answerBytesMax = 16 * 1024 * 1024;

export interface AskOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * What the engine that owns the group sees and decides; evaluations the newest first.
 *
 * @throws {CliError} when no engine owns it, or that engine cannot be asked
 */
export async function askEngine(
  store: Store,
  group: string,
  options: AskOptions,
): Promise<Explanation & { engine: string }> {
  const { engine, answer } = await ask(store, group, 'explain', explainSchema, options);
  return { ...answer, engine };
}

/** What a switchover would do now, by the engine that owns the group. @throws {CliError} */
export async function askSwitchover(
  store: Store,
  group: string,
  target: string | undefined,
  options: AskOptions,
): Promise<SwitchoverReport> {
  const query = target === undefined ? '' : `?target=${encodeURIComponent(target)}`;
  return (await ask(store, group, `switchover${query}`, switchoverSchema, options)).answer;
}

async function ask<Schema extends z.ZodType>(
  store: Store,
  group: string,
  what: string,
  schema: Schema,
  { timeoutMs, signal }: AskOptions,
): Promise<{ engine: string; answer: z.output<Schema> }> {
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
  const url = new URL(`/groups/${encodeURIComponent(group)}/${what}`, endpoint);
  const answer = await get(url, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  const parsed = schema.safeParse(answer);
  if (!parsed.success) {
    throw new CliError(`the engine ${engine} at ${endpoint} gave an answer that this version does not know`, {
      remedy: 'use a dcmha of the same version',
      cause: parsed.error,
    });
  }
  return { engine, answer: parsed.data };
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
