import type { Store } from '@dcmha/zk-schema';

export interface TaskView {
  readonly task: string;
  readonly group: string;
  readonly kind: string;
  readonly requestedBy: string;
  readonly requestedAtMs: number;
  readonly notBeforeMs: number | null;
  readonly notAfterMs: number | null;
  readonly target: string | null;
}

/** Tasks that are waiting, in the order in which they were asked for. */
export async function readTasks(store: Store, group?: string): Promise<TaskView[]> {
  const { nodes } = await store.task.list();
  const tasks = await Promise.all(
    nodes.map(async ({ name }): Promise<TaskView[]> => {
      // It may be done while we read.
      const stored = await store.task.read({ name });
      if (stored === null || (group !== undefined && stored.value.group !== group)) return [];
      const { kind, requestedBy, requestedAtMs, args } = stored.value;
      const time = (key: string): number | null => (typeof args[key] === 'number' ? args[key] : null);
      return [
        {
          task: name,
          group: stored.value.group,
          kind,
          requestedBy,
          requestedAtMs,
          notBeforeMs: time('notBeforeMs'),
          notAfterMs: time('notAfterMs'),
          target: typeof args['target'] === 'string' ? args['target'] : null,
        },
      ];
    }),
  );
  return tasks.flat().sort((a, b) => a.task.slice(-10).localeCompare(b.task.slice(-10)));
}
