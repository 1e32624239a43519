/** What an agent knows when the agent of a primary that lost ZooKeeper asks whether that primary may stay open. */
export interface VouchFacts {
  readonly asker: { readonly group: string; readonly primary: string; readonly epoch: number };
  /** The server beside this agent. */
  readonly server: string;
  /** By ZooKeeper: of this moment where it can be asked, else the last that was known. */
  readonly known: {
    readonly group: string | null;
    readonly primary: { readonly primary: string; readonly epoch: number } | null;
    readonly operationInProgress: boolean;
  };
  /** The server as it was read for this question; `null` when it did not answer. */
  readonly local: {
    readonly writable: boolean;
    readonly source: string | null;
    readonly receiver: 'running' | 'connecting' | 'stopped';
  } | null;
  /** Since when, without a break, its process is known to be gone, milliseconds; `null` when it is not. */
  readonly downForMs: number | null;
  /** How long an engine waits after it has stopped the receivers, until it promotes. */
  readonly leaseMs: number;
}

export interface Vouch {
  readonly agrees: boolean;
  readonly reason: string;
}

/**
 * Whether this agent takes the asker for the primary. Pure; when in doubt it does not.
 *
 * What an engine relies on is the local server: before it waits out `leaseMs` and promotes one of the members, it has
 * stopped that member's receiver, so from then on the agent beside it refuses, whatever it knows of ZooKeeper. A server
 * that is down is no obstacle once it has been so for longer than an engine waits: nobody can have promoted it since.
 */
export function vouch({ asker, server, known, local, downForMs, leaseMs }: VouchFacts): Vouch {
  const refuse = (reason: string): Vouch => ({ agrees: false, reason });
  if (asker.primary === server) return refuse(`${server} is the server of this agent itself`);
  if (known.group !== asker.group)
    return refuse(`${server} belongs to ${known.group ?? 'no group'}, not to ${asker.group}`);
  if (known.primary === null) return refuse(`no primary of ${asker.group} is known here`);
  const { primary, epoch } = known.primary;
  if (primary !== asker.primary || epoch !== asker.epoch)
    return refuse(`known here: ${primary} since epoch ${epoch}, not ${asker.primary} since ${asker.epoch}`);
  if (known.operationInProgress) return refuse('an operation of an engine is under way');
  if (downForMs !== null) {
    return downForMs > leaseMs
      ? { agrees: true, reason: `${server} is down for longer than an engine waits` }
      : refuse(`${server} has only just gone down`);
  }
  if (local === null) return refuse(`${server} does not answer`);
  if (local.writable) return refuse(`${server} is writable itself`);
  if (local.source !== asker.primary)
    return refuse(`${server} follows ${local.source ?? 'nobody'}, not ${asker.primary}`);
  if (local.receiver === 'stopped') return refuse(`the receiver of ${server} is stopped`);
  return { agrees: true, reason: `${server} follows ${asker.primary}, the primary of epoch ${epoch}` };
}

export interface Said extends Vouch {
  /** Members of the group as the other agent knows them. */
  readonly members: readonly string[];
}

/**
 * Whether all other members' agents agree: each member that is known to anybody has said so.
 * @param said what each member's agent said; missing or `null`: it could not be asked
 */
export function verdict(
  server: string,
  members: readonly string[],
  said: ReadonlyMap<string, Said | null>,
): Vouch {
  const others = members.filter((member) => member !== server);
  const refused: string[] = [];
  for (const member of others) {
    const answer = said.get(member) ?? null;
    if (answer === null) refused.push(`the agent of ${member} cannot be asked`);
    else if (!answer.agrees) refused.push(`the agent of ${member}: ${answer.reason}`);
    else {
      const unknown = answer.members.find((other) => !members.includes(other));
      if (unknown !== undefined) refused.push(`the agent of ${member} knows a member ${unknown}`);
    }
  }
  return refused.length > 0
    ? { agrees: false, reason: refused.join('; ') }
    : { agrees: true, reason: `the agents of ${others.join(', ') || 'nobody else'} agree` };
}
