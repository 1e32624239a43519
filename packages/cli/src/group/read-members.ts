import { MysqlInstance, isInstanceError } from '@dcmha/mysql-instance';
import { parseAddress } from '@dcmha/zk-schema';
import type { MemberFacts, Problem } from './member-facts.js';

export interface ReadOptions {
  readonly account: { readonly user: string; readonly password: string };
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export type MemberReading =
  | { readonly ok: true; readonly facts: MemberFacts }
  | { readonly ok: false; readonly problem: Problem; readonly unreachable: boolean };

/** Asks every server, all at once, for its status. */
export function readMembers(members: readonly string[], options: ReadOptions): Promise<MemberReading[]> {
  return Promise.all(members.map((member) => readMember(member, options)));
}

export async function readMember(member: string, options: ReadOptions): Promise<MemberReading> {
  const { account, timeoutMs, signal } = options;
  const instance = new MysqlInstance({
    address: parseAddress(member),
    ...account,
    connectTimeoutMs: timeoutMs,
    queryTimeoutMs: timeoutMs,
  });
  try {
    return { ok: true, facts: { member, status: await instance.status({ timeoutMs, signal }) } };
  } catch (error) {
    if (!isInstanceError(error)) throw error;
    const denied = error.code === 'ACCESS_DENIED';
    return {
      ok: false,
      unreachable: !denied && error.code !== 'SQL' && error.code !== 'UNSUPPORTED',
      problem: {
        member,
        what: error.problem,
        expected: denied ? 'an account that may log in from here' : 'a server that answers',
        remedy: denied
          ? 'check mysql-user and password (DCMHA_MYSQL_USER, DCMHA_MYSQL_PASSWORD)'
          : error.remedy.replace(/\.$/, '').replace(/^./, (letter) => letter.toLowerCase()),
      },
    };
  } finally {
    instance.close();
  }
}
