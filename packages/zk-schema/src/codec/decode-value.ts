import { model } from '../model/index.js';
import type { NodeDefinition, NodeKey, NodeValue } from '../model/index.js';
import { issuesText } from './issues.js';
import { isTooDeep, valueBytesMax, valueDepthMax } from './limits.js';
import { NodeValueError } from './node-value-error.js';

/**
 * The value of a node as this system writes it. A value written by hand may leave out `v`; keys that the schema does
 * not know are skipped (a newer writer may have added them).
 * @throws NodeValueError with the path and what is wrong.
 */
export function decodeValue<Key extends NodeKey>(key: Key, data: Uint8Array, path: string): NodeValue<Key> {
  const decoded = tryDecode(key, data);
  if (decoded.ok) return decoded.value as NodeValue<Key>;
  throw new NodeValueError(key, path, decoded.reason);
}

export type Decoded =
  | { readonly ok: true; readonly value: unknown }
  /** `ours`: it says itself that it is a value of this system, so it is none of the original one. */
  | { readonly ok: false; readonly reason: string; readonly ours: boolean };

export function tryDecode(key: NodeKey, data: Uint8Array): Decoded {
  const definition: NodeDefinition = model[key];
  if (data.length === 0) return { ok: false, reason: 'it is empty', ours: false };
  const text = valueText(data);
  if (text.problem !== null) return { ok: false, reason: text.problem, ours: false };
  let json: unknown;
  try {
    json = JSON.parse(text.text);
  } catch (error) {
    // A value of ours that was cut off must not pass for free text of the original system.
    const ours = text.text.startsWith('{"v":');
    return { ok: false, reason: `it is not JSON: ${(error as Error).message}`, ours };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { ok: false, reason: 'it is JSON but no object', ours: false };
  const format = (json as { v?: unknown }).v;
  const ours = format !== undefined;
  if (ours && format !== definition.format)
    return {
      ok: false,
      ours,
      reason: `its format is ${JSON.stringify(format)} and this version of dcmha reads format ${definition.format}: update the older side`,
    };
  const checked = definition.schema.safeParse(json);
  return checked.success
    ? { ok: true, value: checked.data }
    : { ok: false, reason: `it does not fit: ${issuesText(checked.error)}`, ours };
}

/** The bytes as text, unless they are too many, not UTF-8, or nested too deeply. */
export function valueText(
  data: Uint8Array,
): { readonly text: string; readonly problem: null } | { readonly text: null; readonly problem: string } {
  if (data.length > valueBytesMax)
    return { text: null, problem: `it has ${data.length} bytes, more than ${valueBytesMax}` };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch {
    return { text: null, problem: 'it is not UTF-8' };
  }
  return isTooDeep(text)
    ? { text: null, problem: `it has more than ${valueDepthMax} levels` }
    : { text, problem: null };
}
