import { model } from '../model/index.js';
import type { NodeDefinition, NodeKey, NodeValue } from '../model/index.js';
import { issuesText } from '../codec/issues.js';
import { valueText } from '../codec/decode-value.js';
import { LegacyValueError } from './legacy-context.js';
import type { LegacyContext } from './legacy-context.js';
import { legacyReaders } from './legacy-readers.js';

/**
 * A value that the original system wrote, as one of this model.
 * @throws LegacyValueError when it is none, or the node did not exist there.
 */
export async function decodeLegacy<Key extends NodeKey>(
  key: Key,
  data: Uint8Array,
  context: LegacyContext,
): Promise<NodeValue<Key>> {
  const read = legacyReaders[key];
  if (read === undefined) throw new LegacyValueError('the original system has no such value');
  const { text, problem } = valueText(data);
  if (problem !== null) throw new LegacyValueError(problem);
  const definition: NodeDefinition = model[key];
  const checked = definition.schema.safeParse(await read(text, context));
  if (!checked.success) throw new LegacyValueError(issuesText(checked.error));
  return checked.data as NodeValue<Key>;
}
