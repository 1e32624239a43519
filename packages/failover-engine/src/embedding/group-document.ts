import { z } from 'zod';
import type { HistoryEntry, Journal } from '../core/journal.js';
import type { Maintenance, PrimaryRecord, Route } from '../core/model.js';
import type { GroupTask } from '../shell/group-task.js';

/** All that a group remembers, as it lies in a `GroupStore`. */
export interface GroupDocument {
  readonly group: string;
  /** The process that looks after the group, and which of its starts. */
  readonly owner: { readonly engine: string; readonly claim: string };
  /** Of the write that made this document: tells a write whose answer was lost from one that did not happen. */
  readonly write: string;
  readonly primary: PrimaryRecord | null;
  readonly route: Route | null;
  readonly maintenance: Maintenance | null;
  readonly journal: Journal | null;
  readonly tasks: readonly GroupTask[];
  readonly tasksBegun: number;
  /** Oldest first, bounded. */
  readonly history: readonly HistoryEntry[];
  readonly lastFailoverWallMs: number | null;
}

const historyMax = 100;

/** Structure only: the values were written by this code. */
const schema = z.looseObject({
  v: z.literal(1),
  group: z.string(),
  owner: z.object({ engine: z.string(), claim: z.string() }),
  write: z.string(),
  tasks: z.array(z.looseObject({ name: z.string(), kind: z.string() })),
  history: z.array(z.looseObject({ kind: z.string(), result: z.string() })),
});

export function writeDocument(document: GroupDocument): string {
  return JSON.stringify({ v: 1, ...document, history: document.history.slice(-historyMax) });
}

/** @throws Error when the text is not a document of this group */
export function readDocument(text: string, group: string): GroupDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`what is stored for ${group} is not JSON; expected what this library has written`, {
      cause: error,
    });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success || parsed.data.group !== group) {
    const what = parsed.success ? `is the document of ${parsed.data.group}` : 'is no document of a group';
    throw new Error(`what is stored for ${group} ${what}; expected what this library has written`);
  }
  return parsed.data as unknown as GroupDocument;
}
