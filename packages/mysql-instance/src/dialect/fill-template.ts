import { quote } from '../connection/quote.js';
import { statement, type Statement } from '../connection/statement.js';
import type { Dialect, StatementTexts } from './dialect.js';

type TextName = {
  [K in keyof StatementTexts]: StatementTexts[K] extends string ? K : never;
}[keyof StatementTexts];

export interface TemplateValues {
  /** Channel name; empty or missing: the default channel. */
  readonly channel?: string;
  /** Ready SQL of the CHANGE options. */
  readonly options?: string;
  /** A GTID set or position, not quoted. */
  readonly set?: string;
  readonly timeoutS?: number;
}

/** One statement of the dialect with its places filled. */
export function fill(dialect: Dialect, name: TextName, kind: string, values: TemplateValues = {}): Statement {
  return statement(kind, fillText(dialect, dialect.statements[name], values));
}

/** Same for a text that only some dialects have. */
export function fillText(dialect: Dialect, template: string, values: TemplateValues = {}): string {
  const { channel = '' } = values;
  const clause =
    channel === '' ? '' : dialect.statements.channelClause.replace('{name}', () => quote(channel));
  const places: Readonly<Record<string, string>> = {
    channel: clause,
    options: values.options ?? '',
    set: quote(compactGtids(values.set ?? '')),
    timeoutS: String(values.timeoutS ?? 0),
  };
  return template.replace(
    /\{(channel|options|set|timeoutS)\}/g,
    (_whole, place: string) => places[place] ?? '',
  );
}

/** GTID sets come with line breaks; without them they are the same set. */
export function compactGtids(set: string): string {
  return set.replace(/\s+/g, '');
}
