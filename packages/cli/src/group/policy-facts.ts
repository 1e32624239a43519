import {
  checkPolicy,
  policyProblemText,
  type GroupPolicy,
  type PolicyFacts,
  type Store,
} from '@dcmha/zk-schema';
import { z } from 'zod';

const healthSchema = z.looseObject({ hooks: z.array(z.string()).optional() });

/** Where a policy contradicts the group, key and value named; empty when it does not. */
export function policyProblems(policy: GroupPolicy, facts: PolicyFacts): string[] {
  return checkPolicy(policy, facts).map(policyProblemText);
}

/** The longest session of the agents beside these servers; `undefined` where none says. */
export async function agentSessionTimeoutMs(
  store: Store,
  members: readonly string[],
): Promise<number | undefined> {
  const { nodes } = await store.onlineClients.list();
  const clients = await Promise.all(nodes.map((params) => store.onlineClients.read(params)));
  const timeouts = clients.flatMap((client) =>
    client?.value.sessionTimeoutMs !== undefined && client.value.servers.some((s) => members.includes(s))
      ? [client.value.sessionTimeoutMs]
      : [],
  );
  return timeouts.length === 0 ? undefined : Math.max(...timeouts);
}

/**
 * The hooks that every engine has which can be asked: a group may come to any of them. `undefined` when none can be asked;
 * then the engines refuse an unknown one when they load the policy.
 */
export async function knownHooks(
  store: Store,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<readonly string[] | undefined> {
  const { nodes } = await store.engineMembers.list();
  const answers = await Promise.all(
    nodes.map(async (params) => {
      const endpoint = (await store.engineMembers.read(params))?.value.endpoint;
      if (endpoint === undefined) return undefined;
      try {
        const response = await fetch(new URL('/health', endpoint), {
          signal: AbortSignal.any([
            AbortSignal.timeout(timeoutMs),
            ...(signal === undefined ? [] : [signal]),
          ]),
        });
        return healthSchema.parse(await response.json()).hooks;
      } catch {
        return undefined;
      }
    }),
  );
  const known = answers.filter((hooks) => hooks !== undefined);
  const [first, ...others] = known;
  return first?.filter((name) => others.every((hooks) => hooks.includes(name)));
}
