import type { Store } from '@dcmha/zk-schema';
import type { Context } from '../command/context.js';
import { ExitCode } from '../exit-code.js';
import { phasesText } from './history-view.js';
import { requestTask, waitForResult, type TaskRequest } from './request-task.js';

/** Asks the engine, waits for the result, tells it, and says with what the command ends. */
export async function carryOut(
  store: Store,
  context: Context,
  request: Omit<TaskRequest, 'env' | 'notAfterMs'>,
  timeoutMs: number,
): Promise<ExitCode> {
  const { group, kind } = request;
  const asked = await requestTask(store, {
    ...request,
    env: context.env,
    notAfterMs: Date.now() + timeoutMs,
  });
  context.progress(`asked for as ${asked.task}; waiting for ${asked.engine}`);
  const { result, reason, from, to, epoch, phasesMs, detail } = await waitForResult(store, {
    group,
    task: asked.task,
    what: kind,
    timeoutMs,
    signal: context.signal,
    onStep: (step) => context.progress(`  ${step}`),
  });
  const ok = result === 'done';
  const notes = Array.isArray(detail.notes) ? (detail.notes as unknown[]).map(String) : [];
  context.result({ ok, group, task: asked.task, result, reason, from, to, epoch, phasesMs, notes }, () =>
    ok
      ? `${group}: ${from ?? 'none'} -> ${to ?? 'none'}, epoch ${epoch} (${phasesText(phasesMs)} ms)`
      : `${group}: ${kind} ${result}`,
  );
  if (context.json) return ok ? ExitCode.ok : ExitCode.failed;
  for (const note of notes) context.progress(`  ${note}`);
  if (!ok) context.progress(`dcmha: the ${kind} of "${group}" was ${result}: ${reason}`);
  return ok ? ExitCode.ok : ExitCode.failed;
}
