import { agentPaths, vouchAnswerSchema, type VouchAnswer, type VouchRequest } from '@dcmha/zk-schema';

/** Asks the agent of another member. @throws Error when it does not answer in time or refuses to be asked */
export async function askToVouch(
  endpoint: string,
  token: string,
  request: VouchRequest,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<VouchAnswer> {
  const response = await fetch(new URL(agentPaths.vouch, endpoint), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(request),
    signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), signal]),
  });
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(`the agent at ${endpoint} answers ${response.status}`);
  return vouchAnswerSchema.parse(body);
}
