import { agentErrorSchema, agentPaths, closeAnswerSchema, type CloseRequest } from '@dcmha/zk-schema';
import type { AgentControl } from '../ports.js';

/** Asks an agent over HTTP. The token is the one that engines and agents share. */
export function agentClient(endpoint: string, token: string | undefined): AgentControl {
  return {
    close: async (member, epoch, { timeoutMs, signal }) => {
      const deadline = AbortSignal.timeout(timeoutMs);
      const request: CloseRequest = { server: member, epoch };
      const response = await fetch(new URL(agentPaths.close, endpoint), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(request),
        signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      });
      const body: unknown = await response.json();
      if (response.ok) return closeAnswerSchema.parse(body).state;
      const parsed = agentErrorSchema.safeParse(body);
      throw new Error(
        `the agent at ${endpoint} refused (${response.status}): ${parsed.success ? parsed.data.error : 'no reason'}`,
      );
    },
  };
}
