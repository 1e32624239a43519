import { model } from '../model/index.js';
import type { NodeDefinition, NodeInput, NodeKey } from '../model/index.js';
import { issuesText } from './issues.js';
import { isTooDeep, valueBytesMax, valueDepthMax } from './limits.js';
import { NodeValueError } from './node-value-error.js';
import { unknownKey } from './unknown-key.js';

/**
 * The text of a node's value: JSON with the version of its format first (`{"v":1,...}`).
 * @throws NodeValueError when the value does not fit the schema, has a key that it does not know, or is too large.
 */
export function encodeValue<Key extends NodeKey>(key: Key, value: NodeInput<Key>, path: string): string {
  const definition: NodeDefinition = model[key];
  const checked = definition.schema.safeParse(value);
  if (!checked.success)
    throw new NodeValueError(key, path, `a value that does not fit: ${issuesText(checked.error)}`);
  const unknown = unknownKey(value, checked.data);
  if (unknown !== null) throw new NodeValueError(key, path, `a value with the unknown key ${unknown}`);
  const text = toJson(key, { v: definition.format, ...(checked.data as object) }, path);
  const bytes = Buffer.byteLength(text);
  if (bytes > valueBytesMax)
    throw new NodeValueError(key, path, `a value of ${bytes} bytes, at most ${valueBytesMax} fit in a node`);
  if (isTooDeep(text)) throw new NodeValueError(key, path, `a value of more than ${valueDepthMax} levels`);
  return text;
}

function toJson(key: NodeKey, value: object, path: string): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    // Only what is kept as it is (policy, args, detail) can hold a cycle or a bigint.
    throw new NodeValueError(key, path, `a value that JSON cannot hold: ${String(cause)}`, { cause });
  }
}
