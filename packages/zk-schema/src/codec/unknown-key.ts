/**
 * The first key of `given` that did not come through the schema into `kept`, as a path (`policy.lag`), or `null`.
 * Readers skip keys that they do not know, because a newer writer may add some; a writer's own mistake is an error.
 */
export function unknownKey(given: unknown, kept: unknown, at = ''): string | null {
  if (Array.isArray(given) && Array.isArray(kept)) {
    for (const [index, item] of given.entries()) {
      const found = unknownKey(item, kept[index], `${at}${index}.`);
      if (found !== null) return found;
    }
    return null;
  }
  if (!isRecord(given) || !isRecord(kept)) return null;
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(kept, key)) return `${at}${key}`;
    const found = unknownKey(value, kept[key], `${at}${key}.`);
    if (found !== null) return found;
  }
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
