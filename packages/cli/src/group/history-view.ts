import type { NodeValue, Store } from '@dcmha/zk-schema';
import { table } from '../output/table.js';
import { duration, moment } from '../output/time.js';
import { requireGroup } from './require-group.js';

export type HistoryItem = { readonly entry: string } & NodeValue<'history'>;

/** The newest `limit` entries, oldest first. A group that was removed still has its history. */
export async function readHistory(store: Store, group: string, limit: number): Promise<HistoryItem[]> {
  const { nodes } = await store.history.list({ group });
  if (nodes.length === 0) await requireGroup(store, group);
  const items = await Promise.all(
    nodes.slice(-limit).map(async (params): Promise<HistoryItem[]> => {
      // The oldest may be deleted while we read.
      const stored = await store.history.read(params);
      return stored === null ? [] : [{ entry: params.entry, ...stored.value }];
    }),
  );
  return items.flat();
}

export function historyText(
  entries: readonly HistoryItem[],
  { phases, notes = false }: { readonly phases: boolean; readonly notes?: boolean },
): string {
  if (entries.length === 0) return 'nothing has happened yet';
  const [head = '', ...rows] = historyTable(entries, phases).split('\n');
  if (!notes) return [head, ...rows].join('\n');
  return [
    head,
    ...rows.flatMap((row, index) => [row, ...notesOf(entries[index]!).map((note) => `    ${note}`)]),
  ].join('\n');
}

function notesOf({ detail }: HistoryItem): string[] {
  return Array.isArray(detail.notes) ? (detail.notes as unknown[]).map((note) => oneLine(String(note))) : [];
}

/** A reason may have come from a server, with line ends in it. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

function historyTable(entries: readonly HistoryItem[], phases: boolean): string {
  return table(
    [
      { title: 'TIME', value: (row) => moment(row.at) },
      { title: 'WHAT', value: (row) => row.kind },
      { title: 'RESULT', value: (row) => row.result },
      { title: 'FROM', value: (row) => row.from ?? '-' },
      { title: 'TO', value: (row) => row.to ?? '-' },
      { title: 'EPOCH', value: (row) => String(row.epoch), align: 'right' },
      { title: 'TOOK', value: (row) => took(row.phasesMs), align: 'right' },
      ...(phases ? [{ title: 'PHASES', value: (row: HistoryItem) => phasesText(row.phasesMs) }] : []),
      {
        title: 'BY',
        value: (row) => (typeof row.detail.requestedBy === 'string' ? row.detail.requestedBy : '-'),
      },
      { title: 'REASON', value: (row) => oneLine(row.reason) },
    ],
    entries,
  );
}

/** Phases are counted from the start: the last one to end is the whole. */
function took(phasesMs: Readonly<Record<string, number>>): string {
  const ends = Object.values(phasesMs);
  return ends.length === 0 ? '-' : duration(Math.max(...ends));
}

export const phasesText = (phasesMs: Readonly<Record<string, number>>): string =>
  Object.entries(phasesMs)
    .map(([phase, ms]) => `${phase} ${Math.round(ms)}`)
    .join(' ') || '-';
