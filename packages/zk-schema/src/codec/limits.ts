/** What a value may be at most; ZooKeeper itself takes about 1 MiB (`jute.maxbuffer`). */
export const valueBytesMax = 1_000_000;
export const valueDepthMax = 64;

/** Whether brackets nest deeper than `valueDepthMax`, found without parsing. */
export function isTooDeep(json: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > valueDepthMax) return true;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return false;
}
