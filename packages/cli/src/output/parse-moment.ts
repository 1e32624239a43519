import { parseDuration } from './time.js';

const day = 86_400_000;

/**
 * A moment to come, in milliseconds since 1970: `2026-11-23T03:00` (local time, unless it ends in `Z` or an offset),
 * `03:00` (the next one), `+2h`. `undefined` when it is none of these; a moment in the past is returned as it is.
 */
export function parseMoment(text: string, nowMs: number): number | undefined {
  if (text.startsWith('+')) {
    const ms = parseDuration(text.slice(1));
    return ms === undefined ? undefined : nowMs + ms;
  }
  const clock = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (clock !== null) {
    const [hour, minute] = [Number(clock[1]), Number(clock[2])];
    if (hour > 23 || minute > 59) return undefined;
    const at = new Date(nowMs).setHours(hour, minute, 0, 0);
    return at > nowMs ? at : at + day;
  }
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/.test(text))
    return undefined;
  const ms = Date.parse(text.replace(' ', 'T'));
  return Number.isNaN(ms) ? undefined : ms;
}
