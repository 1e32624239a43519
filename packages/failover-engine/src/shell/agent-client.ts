import {
  agentErrorSchema,
  agentPaths,
  closeAnswerSchema,
  opinionAnswerSchema,
  tailAnswerSchema,
  type CloseRequest,
  type OpinionRequest,
  type TailStartRequest,
  type TailStopRequest,
} from '@dcmha/zk-schema';
import type { AgentControl, Deadline } from '../ports.js';

/** Asks an agent over HTTP. The token is the one that engines and agents share. */
export function agentClient(endpoint: string, token: string | undefined): AgentControl {
  const ask = async (path: string, request: object, { timeoutMs, signal }: Deadline): Promise<unknown> => {
    const deadline = AbortSignal.timeout(timeoutMs);
    const response = await fetch(new URL(path, endpoint), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(request),
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
    });
    const body: unknown = await response.json();
    if (response.ok) return body;
    const parsed = agentErrorSchema.safeParse(body);
    throw new Error(
      `the agent at ${endpoint} refused (${response.status}): ${parsed.success ? parsed.data.error : 'no reason'}`,
    );
  };
  return {
    close: async (server, epoch, { endHung, ...deadline }) => {
      const request: CloseRequest = { server, epoch, endHung };
      return closeAnswerSchema.parse(await ask(agentPaths.close, request, deadline)).state;
    },
    startTail: async (server, epoch, login, deadline) => {
      const request: TailStartRequest = { server, epoch, ...login };
      const answer = tailAnswerSchema.parse(await ask(agentPaths.tailStart, request, deadline));
      const { host, port, tls, gtidExecuted, gtidPurged, torn } = answer;
      return { source: { host, port, tls, ...login }, gtidExecuted, gtidPurged, torn };
    },
    stopTail: async (server, epoch, deadline) => {
      const request: TailStopRequest = { server, epoch };
      await ask(agentPaths.tailStop, request, deadline);
    },
    opinion: async (target, deadline) => {
      // The agent answers within the time, or its answer is of no use.
      const request: OpinionRequest = {
        target,
        timeoutMs: Math.max(1, Math.floor(deadline.timeoutMs * 0.8)),
      };
      const { outcome, detail } = opinionAnswerSchema.parse(await ask(agentPaths.opinion, request, deadline));
      return { outcome, detail };
    },
  };
}
