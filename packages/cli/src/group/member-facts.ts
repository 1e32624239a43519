import type { InstanceStatus } from '@dcmha/mysql-instance';

/** What a server of a group says about itself: what the checks look at. */
export type MemberStatus = Pick<
  InstanceStatus,
  | 'version'
  | 'serverUuid'
  | 'serverId'
  | 'closed'
  | 'gtidMode'
  | 'gtidExecuted'
  | 'logBin'
  | 'logReplicaUpdates'
  | 'binlogFormat'
  | 'binlogRowImage'
> & {
  readonly channels: readonly Pick<
    InstanceStatus['channels'][number],
    | 'name'
    | 'sourceHost'
    | 'sourcePort'
    | 'sourceUuid'
    | 'receiver'
    | 'applier'
    | 'lastReceiverError'
    | 'lastApplierError'
  >[];
  readonly semisync: Pick<InstanceStatus['semisync'], 'sourcePlugin' | 'replicaPlugin'>;
};

export interface MemberFacts {
  /** `host:port` */
  readonly member: string;
  readonly status: MemberStatus;
}

export interface Problem {
  /** The server that it is about; without it, the group as a whole. */
  readonly member?: string;
  readonly what: string;
  readonly expected: string;
  readonly remedy: string;
}

export const problemText = ({ member, what, expected, remedy }: Problem): string =>
  `${member === undefined ? '' : `${member}: `}${what}; expected ${expected}; ${remedy}`;
