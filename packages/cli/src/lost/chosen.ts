import type { LostTransactions, SchemaSource, Transaction } from '@dcmha/binlog-reconcile';
import { parseAnyGtidSet } from '@dcmha/binlog-reconcile/gtid';
import type { Context } from '../command/context.js';
import { gtidText, withGtids } from '../binlog/read-gtids.js';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';

/**
 * The chosen transactions of an event, oldest first; all of them without a choice.
 * @throws CliError when one that was chosen is not among them
 */
export async function chosenTransactions(
  saved: LostTransactions,
  gtids: string | undefined,
  schema: SchemaSource | undefined,
  context: Context,
): Promise<Transaction[]> {
  const text = gtids === undefined ? undefined : await gtidText(gtids, context.stdin);
  const wanted = text === undefined ? undefined : withGtids(() => parseAnyGtidSet(text));
  if (text !== undefined && wanted !== undefined) {
    const missing = withGtids(() => missingText(text, saved.manifest.gtids));
    if (missing !== '') {
      throw new CliError(`${missing} is not among these lost transactions`, {
        expected: `expected a part of ${saved.manifest.gtids || 'none'}`,
        exitCode: ExitCode.usage,
      });
    }
  }
  const found: Transaction[] = [];
  const reading = { gtids: wanted, schema, signal: context.signal };
  for await (const transaction of saved.transactions(reading)) found.push(transaction);
  return found;
}

function missingText(wanted: string, saved: string): string {
  const [a, b] = [parseAnyGtidSet(wanted), parseAnyGtidSet(saved)];
  // A MariaDB position is no list of transactions: what is not there is just not found.
  if (!('count' in a) || !('count' in b)) return '';
  return a.subtract(b as never).toString();
}
