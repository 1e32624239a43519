import type { GroupPolicy } from '@dcmha/zk-schema';
import { answers, type MemberKey, type Opinion, type Probe } from '../core/model.js';
import { settle } from '../operations/context.js';
import type { AgentControl, Clock } from '../ports.js';

export interface Asked {
  /** The member beside whom the agent runs. */
  readonly by: MemberKey;
  readonly agent: AgentControl;
}

/**
 * What the agents of the other members see of a server that this engine gets no answer from. They are asked while that
 * lasts, each one question at a time, again when an answer has half its time behind it.
 */
export class SecondOpinions {
  readonly #clock: Clock;
  readonly #news: () => void;
  readonly #lookAround: () => void;
  readonly #stopped = new AbortController();
  readonly #opinions = new Map<MemberKey, Map<MemberKey, Opinion>>();
  readonly #asking = new Set<string>();

  /** @param lookAround what the replicas have heard of the server is wanted now, too */
  constructor(clock: Clock, news: () => void, lookAround: () => void) {
    this.#clock = clock;
    this.#news = news;
    this.#lookAround = lookAround;
  }

  /** The newest opinions of a server; asks for more where it is due. Forgets them once the server answers. */
  of(target: MemberKey, probe: Probe, others: readonly Asked[], policy: GroupPolicy): readonly Opinion[] {
    if (answers(probe) || probe.outcome === 'unknown') {
      this.#opinions.delete(target);
      return [];
    }
    const known = this.#opinions.get(target) ?? new Map<MemberKey, Opinion>();
    this.#opinions.set(target, known);
    const now = this.#clock.monotonicMs();
    for (const { by, agent } of others) {
      const last = known.get(by);
      const due =
        last === undefined || last.atMs < probe.sinceMs || now - last.atMs >= policy.opinionMaxAgeMs / 2;
      if (due) void this.#ask(target, by, agent, known, policy.opinionTimeoutMs);
    }
    return [...known.values()];
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #ask(
    target: MemberKey,
    by: MemberKey,
    agent: AgentControl,
    known: Map<MemberKey, Opinion>,
    timeoutMs: number,
  ): Promise<void> {
    const question = `${by} ${target}`;
    if (this.#asking.has(question) || this.#stopped.signal.aborted) return;
    this.#asking.add(question);
    const atMs = this.#clock.monotonicMs();
    this.#lookAround();
    try {
      const { signal } = this.#stopped;
      const said = await settle(agent.opinion(target, { timeoutMs, signal }));
      if (signal.aborted) return;
      known.set(by, {
        by,
        atMs,
        outcome: said.ok ? said.value.outcome : 'no-answer',
        detail: said.ok ? said.value.detail : said.error.message,
      });
      this.#news();
    } finally {
      this.#asking.delete(question);
    }
  }
}
