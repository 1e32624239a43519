import { verdict, type Logger, type Said, type Vouch, type VouchRequest } from '@dcmha/zk-schema';
import { askToVouch } from './peer-client.js';

export interface VoucherOptions {
  readonly server: string;
  readonly token: string | undefined;
  readonly logger: Logger;
  /** An answer has come. */
  readonly changed: () => void;
}

export interface Circle {
  readonly request: VouchRequest;
  readonly members: readonly string[];
  readonly endpoints: ReadonlyMap<string, string>;
  /** How long an agreement of all counts, from the moment it was asked for. */
  readonly validMs: number;
}

/** Rounds within the time that an agreement counts. */
const roundsPerValidity = 5;

/**
 * Asks the agents of all other members whether they take this server for the primary, again and again while ZooKeeper is
 * away. Their agreement counts for a time only, by this agent's clock, from before they were asked.
 */
export class Voucher {
  readonly #o: VoucherOptions;
  readonly #closing = new AbortController();
  #asking = false;
  #askedAtMs = -Infinity;
  #validUntilMs = -Infinity;
  #last: Vouch = { agrees: false, reason: 'the other agents were not asked yet' };
  #for = '';

  constructor(options: VoucherOptions) {
    this.#o = options;
  }

  /** What came of the last round. */
  get last(): Vouch {
    return this.#last;
  }

  /** For how long this server may stay open on the word of the others, milliseconds. */
  remainingMs(request: VouchRequest): number {
    return this.#for === keyOf(request) ? Math.max(0, this.#validUntilMs - performance.now()) : 0;
  }

  /** Begins a round where one is due. */
  tend(circle: Circle): void {
    const now = performance.now();
    if (this.#asking || this.#closing.signal.aborted) return;
    if (now - this.#askedAtMs < circle.validMs / roundsPerValidity) return;
    this.#asking = true;
    this.#askedAtMs = now;
    void this.#round(circle, now).finally(() => {
      this.#asking = false;
      this.#o.changed();
    });
  }

  close(): void {
    this.#closing.abort();
  }

  async #round({ request, members, endpoints, validMs }: Circle, askedAtMs: number): Promise<void> {
    const { server, token, logger } = this.#o;
    const said = new Map<string, Said | null>();
    const timeoutMs = Math.max(50, validMs / roundsPerValidity);
    await Promise.all(
      members
        .filter((member) => member !== server)
        .map(async (member) => {
          const endpoint = endpoints.get(member);
          if (endpoint === undefined || token === undefined) return;
          try {
            const answer = await askToVouch(endpoint, token, request, {
              timeoutMs,
              signal: this.#closing.signal,
            });
            said.set(member, answer.server === member ? answer : null);
          } catch {
            said.set(member, null);
          }
        }),
    );
    const before = this.#last;
    this.#last =
      token === undefined && members.length > 1
        ? { agrees: false, reason: 'without http.token the other agents cannot be asked' }
        : verdict(server, members, said);
    if (this.#last.agrees) {
      this.#for = keyOf(request);
      this.#validUntilMs = askedAtMs + validMs;
    }
    if (before.agrees !== this.#last.agrees || before.reason !== this.#last.reason) {
      logger.warn(
        this.#last.agrees
          ? `ZooKeeper is away; ${server} stays open: ${this.#last.reason}`
          : `ZooKeeper is away and ${server} is not vouched for: ${this.#last.reason}`,
      );
    }
  }
}

function keyOf({ group, primary, epoch }: VouchRequest): string {
  return `${group} ${primary} ${epoch}`;
}
