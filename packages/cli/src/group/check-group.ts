import { GtidSet } from '@dcmha/binlog-reconcile/gtid';
import { parseAddress } from '@dcmha/zk-schema';
import type { MemberFacts, Problem } from './member-facts.js';

export interface GroupFindings {
  /** The primary; `null` when it is not clear which it is. */
  readonly primary: string | null;
  /** Any of these keeps the group from being registered. */
  readonly problems: readonly Problem[];
  /** Told, but no obstacle. */
  readonly warnings: readonly Problem[];
}

/** What a group must be before dcmha looks after it. Pure. */
export function checkGroup(
  members: readonly MemberFacts[],
  options: { readonly semisync: boolean },
): GroupFindings {
  const problems = [
    ...members.flatMap((facts) => checkServer(facts, options)),
    ...checkSame(
      members,
      'server_id',
      ({ status }) => String(status.serverId),
      'give each a server_id of its own',
    ),
    ...checkSame(
      members,
      'server_uuid',
      ({ status }) => status.serverUuid,
      'delete auto.cnf in the data folder of the copy and restart it',
    ),
    ...checkFlavors(members),
  ];
  const { primary, problems: roles } = findPrimary(members);
  if (primary === null)
    return { primary: null, problems: [...problems, ...roles], warnings: checkSize(members) };
  const replicas = members.filter((facts) => facts !== primary);
  return {
    primary: primary.member,
    problems: [
      ...problems,
      ...roles,
      ...replicas.flatMap((replica) => [...checkFollows(replica, primary), ...checkErrant(replica, primary)]),
    ],
    warnings: [...members.flatMap(checkBinlogFormat), ...checkSize(members)],
  };
}

function checkServer(
  { member, status }: MemberFacts,
  { semisync }: { readonly semisync: boolean },
): Problem[] {
  const problems: Problem[] = [];
  if (status.gtidMode !== 'ON') {
    problems.push({
      member,
      what: `gtid_mode is ${status.gtidMode}`,
      expected: 'ON',
      remedy: 'set gtid_mode=ON and enforce_gtid_consistency=ON',
    });
  }
  if (!status.logBin) {
    problems.push({
      member,
      what: 'the binary log is off',
      expected: 'log_bin',
      remedy: 'restart it with log_bin',
    });
  } else if (!status.logReplicaUpdates) {
    problems.push({
      member,
      what: 'log_replica_updates is OFF',
      expected: 'ON, so that others can follow it',
      remedy: 'restart it with log_replica_updates=ON',
    });
  }
  if (status.serverId === 0) {
    problems.push({ member, what: 'server_id is 0', expected: 'a number above 0', remedy: 'set server_id' });
  }
  if (semisync && !(status.semisync.sourcePlugin && status.semisync.replicaPlugin)) {
    problems.push({
      member,
      what: 'the semi-sync plugins are not installed, and the policy of the group wants them',
      expected: 'source and replica side',
      remedy:
        "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so' and rpl_semi_sync_replica SONAME " +
        "'semisync_replica.so', or a policy with durability: { mode: async }",
    });
  }
  return problems;
}

function checkBinlogFormat({ member, status }: MemberFacts): Problem[] {
  const problems: Problem[] = [];
  const remedy = 'set it, or transactions that a returning primary has too many cannot be taken back';
  if (status.binlogFormat !== 'ROW') {
    problems.push({ member, what: `binlog_format is ${status.binlogFormat}`, expected: 'ROW', remedy });
  }
  if (status.binlogRowImage !== 'FULL') {
    problems.push({ member, what: `binlog_row_image is ${status.binlogRowImage}`, expected: 'FULL', remedy });
  }
  return problems;
}

function checkSize(members: readonly MemberFacts[]): Problem[] {
  if (members.length !== 1) return [];
  return [
    {
      what: 'the group has one server',
      expected: 'a replica at least',
      remedy: 'without one there is nothing to fail over to',
    },
  ];
}

function checkSame(
  members: readonly MemberFacts[],
  name: string,
  value: (facts: MemberFacts) => string,
  remedy: string,
): Problem[] {
  const byValue = new Map<string, string[]>();
  for (const facts of members) {
    const key = value(facts);
    if (key !== '') byValue.set(key, [...(byValue.get(key) ?? []), facts.member]);
  }
  return [...byValue]
    .filter(([, who]) => who.length > 1)
    .map(([key, who]) => ({
      what: `${who.join(' and ')} have the same ${name} ${key}`,
      expected: `a different ${name} on each server`,
      remedy,
    }));
}

function checkFlavors(members: readonly MemberFacts[]): Problem[] {
  const first = members[0];
  return members
    .filter(({ status }) => status.version.flavor !== first?.status.version.flavor)
    .map(({ member, status }) => ({
      member,
      what: `it is a ${status.version.flavor} server and ${first?.member} a ${first?.status.version.flavor} one`,
      expected: 'one flavor in a group',
      remedy: 'put it into a group of its own',
    }));
}

/** The primary is the one server without a source; and nothing but it may be open for writes. */
function findPrimary(members: readonly MemberFacts[]): { primary: MemberFacts | null; problems: Problem[] } {
  const writable = members.filter(({ status }) => !status.closed);
  if (writable.length > 1) {
    return {
      primary: null,
      problems: [
        {
          what: `${writable.length} servers are writable: ${names(writable)}`,
          expected: 'one at most',
          remedy:
            'SET PERSIST super_read_only=ON on all but the primary, and see whether they hold different data',
        },
      ],
    };
  }
  const heads = members.filter(({ status }) => status.channels.length === 0);
  if (heads.length === 1) {
    const head = heads[0]!;
    const [open] = writable;
    if (open === undefined || open === head) return { primary: head, problems: [] };
    return {
      primary: head,
      problems: [
        {
          member: open.member,
          what: `it is writable, but follows another server; ${head.member} is the one that follows none`,
          expected: 'the primary to be the writable one',
          remedy: `SET PERSIST super_read_only=ON on ${open.member}`,
        },
      ],
    };
  }
  return {
    primary: null,
    problems: [
      heads.length === 0
        ? {
            what: `there is no primary: all of ${names(members)} follow another server`,
            expected: 'one server that follows none',
            remedy: 'RESET REPLICA ALL on the primary, or add the server that they follow (--member)',
          }
        : {
            what: `there is no clear primary: ${names(heads)} follow no other server`,
            expected: 'one such server',
            remedy:
              'let the replicas follow the primary (CHANGE REPLICATION SOURCE TO ... SOURCE_AUTO_POSITION=1)',
          },
    ],
  };
}

function checkFollows({ member, status }: MemberFacts, primary: MemberFacts): Problem[] {
  // What is not the primary and has no channel is one of several heads: told there.
  const channel = status.channels.find(({ name }) => name === '') ?? status.channels[0];
  if (channel === undefined) return [];
  const { host, port } = parseAddress(primary.member);
  const sameUuid = channel.sourceUuid !== '' && channel.sourceUuid === primary.status.serverUuid;
  const sameAddress = channel.sourceHost === host && channel.sourcePort === port;
  if (!sameUuid && !sameAddress) {
    return [
      {
        member,
        what: `it follows ${channel.sourceHost}:${channel.sourcePort}`,
        expected: `the primary ${primary.member}`,
        remedy: 'CHANGE REPLICATION SOURCE TO it, with SOURCE_AUTO_POSITION=1',
      },
    ];
  }
  const problems: Problem[] = [];
  for (const [part, state, error] of [
    ['receiver', channel.receiver, channel.lastReceiverError],
    ['applier', channel.applier, channel.lastApplierError],
  ] as const) {
    if (state === 'running') continue;
    problems.push({
      member,
      what: `its replication ${part} is ${state}${error === null ? '' : ` (error ${error.errno}: ${error.message})`}`,
      expected: 'running',
      remedy: 'put the cause right and START REPLICA',
    });
  }
  return problems;
}

/** The replica's set was read before the primary's, so what is not in the latter was not written there. */
function checkErrant({ member, status }: MemberFacts, primary: MemberFacts): Problem[] {
  if (status.version.flavor === 'mariadb') return [];
  const errant = GtidSet.parse(status.gtidExecuted)
    .subtract(GtidSet.parse(primary.status.gtidExecuted))
    .toString();
  if (errant === '') return [];
  return [
    {
      member,
      what: `it has transactions that the primary ${primary.member} does not have: ${errant}`,
      expected: 'none',
      remedy: 'compare the data; then bring them to the primary, or build this replica anew',
    },
  ];
}

const names = (members: readonly MemberFacts[]): string => members.map(({ member }) => member).join(', ');
