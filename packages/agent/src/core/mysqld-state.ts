/** What the agent knows of the mysqld beside it. */
export type MysqldState = 'up' | 'down' | 'hung' | 'unknown';

/** How the last attempt to talk to it ended. */
export type ProbeOutcome =
  'alive' | 'saturated' | 'denied' | 'starting' | 'refused' | 'unreachable' | 'hung' | 'unknown';

export interface LocalView {
  readonly state: MysqldState;
  readonly detail: string;
  /** Wall clock: since when the state is that. */
  readonly sinceMs: number;
  /** Monotonic clock: since when no probe was answered; `null` while they are. */
  readonly silentSinceMs: number | null;
  /** Monotonic clock: since when, without a break, it is down; `null` while it is not. */
  readonly downSinceMs: number | null;
}

export type LocalNews =
  | { readonly kind: 'process-gone'; readonly pid: number; readonly how: string }
  | {
      readonly kind: 'probed';
      readonly outcome: ProbeOutcome;
      readonly detail: string;
      /** Monotonic clock: when it was asked; silence began then, not when it was given up. Missing: now. */
      readonly askedAtMs?: number;
    };

export interface Times {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export const initialView: LocalView = {
  state: 'unknown',
  detail: 'not asked yet',
  sinceMs: 0,
  silentSinceMs: null,
  downSinceMs: null,
};

/**
 * What news make of the view. A process that ended is a fact and counts at once; silence must last `hungAfterMs`; a
 * refused connection is no proof of death while nobody saw the process end (it may be starting), unless it was down.
 */
export function nextView(before: LocalView, news: LocalNews, now: Times, hungAfterMs: number): LocalView {
  const become = (state: MysqldState, detail: string, silentSinceMs: number | null): LocalView => ({
    state,
    detail,
    silentSinceMs,
    downSinceMs: state === 'down' ? (before.downSinceMs ?? now.monotonicMs) : null,
    sinceMs: before.state === state ? before.sinceMs : now.wallMs,
  });
  if (news.kind === 'process-gone') return become('down', `process ${news.pid} is gone: ${news.how}`, null);
  switch (news.outcome) {
    case 'alive':
    case 'saturated':
    case 'denied':
      return become('up', news.outcome === 'alive' ? '' : `${news.outcome}: ${news.detail}`, null);
    case 'refused':
      return become(
        before.state === 'unknown' || before.state === 'down' ? 'down' : before.state,
        news.detail,
        null,
      );
    case 'starting':
    case 'unknown':
      return become(before.state === 'up' ? 'up' : before.state, news.detail, before.silentSinceMs);
    case 'hung':
    case 'unreachable': {
      if (before.state === 'down') return become('down', news.detail, null);
      const since = before.silentSinceMs ?? news.askedAtMs ?? now.monotonicMs;
      return become(now.monotonicMs - since >= hungAfterMs ? 'hung' : before.state, news.detail, since);
    }
  }
}
