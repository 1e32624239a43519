const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `350 ms`, `4.2 s`, `3 min 20 s`, `5 h 2 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < second) return `${Math.round(ms)} ms`;
  if (ms < minute) return `${(ms / second).toFixed(1)} s`;
  const [big, bigName, small, smallName] =
    ms < hour
      ? ([minute, 'min', second, 's'] as const)
      : ms < day
        ? ([hour, 'h', minute, 'min'] as const)
        : ([day, 'd', hour, 'h'] as const);
  const rest = Math.floor((ms % big) / small);
  return rest === 0
    ? `${Math.floor(ms / big)} ${bigName}`
    : `${Math.floor(ms / big)} ${bigName} ${rest} ${smallName}`;
}

/** `2025-10-09 08:53:20Z` */
export function moment(atMs: number): string {
  return new Date(atMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

const units: Readonly<Record<string, number>> = { ms: 1, s: second, min: minute, m: minute, h: hour, d: day };

/** `500ms`, `10s`, `2min`, `1h30min`, `2d` in milliseconds; `undefined` when it is none of these. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|min|m|h|d))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|min|m|h|d)/g))
    ms += Number(amount) * units[unit!]!;
  return Math.round(ms);
}
