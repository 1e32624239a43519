/** A server by its place in the group (from 0), or whoever is primary when the fault strikes. */
export type ServerTarget = number | 'primary' | 'a-replica' | 'every-replica';

/** What may go wrong. `forMs`: until it is over (restarted, woken, healed); hosts may stay away for ever. */
export type Fault =
  | { readonly kind: 'kill-mysqld'; readonly server: ServerTarget; readonly forMs: number }
  | { readonly kind: 'freeze-mysqld'; readonly server: ServerTarget; readonly forMs: number }
  | { readonly kind: 'host-down'; readonly server: ServerTarget; readonly forMs: number }
  | { readonly kind: 'host-lost'; readonly server: ServerTarget }
  | { readonly kind: 'freeze-host'; readonly server: ServerTarget; readonly forMs: number }
  | { readonly kind: 'kill-agent'; readonly server: ServerTarget; readonly forMs: number }
  | { readonly kind: 'freeze-agent'; readonly server: ServerTarget; readonly forMs: number }
  /** `null`: the one that carries out the step, or owns the group. */
  | { readonly kind: 'kill-engine'; readonly engine: number | null; readonly forMs: number }
  | { readonly kind: 'freeze-engine'; readonly engine: number | null; readonly forMs: number }
  | { readonly kind: 'kill-router'; readonly router: number; readonly forMs: number }
  | { readonly kind: 'freeze-router'; readonly router: number; readonly forMs: number }
  /** These hosts on one side (`primary`: whoever is it then). `out`: what they send is lost; `in`: what is sent to them. */
  | {
      readonly kind: 'partition';
      readonly hosts: readonly string[];
      readonly way: 'both' | 'out' | 'in';
      readonly forMs: number;
    }
  | { readonly kind: 'isolate-primary'; readonly way: 'both' | 'out' | 'in'; readonly forMs: number }
  /** Engines reach no server; everybody else does. */
  | { readonly kind: 'cut-engines-off'; readonly forMs: number }
  | { readonly kind: 'zookeeper-down'; readonly forMs: number }
  | { readonly kind: 'zookeeper-flaps'; readonly times: number; readonly everyMs: number }
  | { readonly kind: 'lose-zookeeper-answers'; readonly chance: number; readonly forMs: number }
  | { readonly kind: 'expire-session'; readonly of: 'engine' | 'agent' | 'router'; readonly index: number }
  | { readonly kind: 'clock-jump'; readonly host: string; readonly byMs: number }
  | {
      readonly kind: 'slow-applier';
      readonly server: ServerTarget;
      readonly applyMs: number;
      readonly forMs: number;
    }
  | { readonly kind: 'slow-network'; readonly factor: number; readonly forMs: number }
  /** A person asks for it. */
  | { readonly kind: 'switchover' };

export type FaultKind = Fault['kind'];

export interface PlannedFault {
  readonly fault: Fault;
  readonly when:
    | { readonly atMs: number }
    /** Just before an engine sends the n-th request (from 0) whose label contains this. */
    | { readonly step: string; readonly nth: number };
}

export function describeFault(fault: Fault): string {
  return `${fault.kind} ${Object.entries(fault)
    .filter(([key]) => key !== 'kind')
    .map(([key, value]) => `${key}=${Array.isArray(value) ? value.join('+') : String(value)}`)
    .join(' ')}`.trim();
}
