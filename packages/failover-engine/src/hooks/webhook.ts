import { hookDetailMax, type Hook } from './hook.js';

/**
 * An HTTP endpoint that is POSTed the facts as JSON. 2xx means go on, 4xx is a veto with the body as the reason, anything
 * else is a failure of the hook. Redirects are not followed.
 */
export function webhook({
  webhook: url,
  headers = {},
  timeoutMs,
}: {
  readonly webhook: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}): Hook {
  return {
    timeoutMs,
    run: async (facts, signal) => {
      let response: Response;
      let body: string;
      try {
        response = await fetch(url, {
          method: 'POST',
          redirect: 'manual',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(facts),
          signal,
        });
        body = await start(response);
      } catch (error) {
        throw new Error(`${new URL(url).origin} cannot be asked: ${reason(error)}`, { cause: error });
      }
      if (response.ok) return { ok: true, detail: body };
      if (response.status >= 400 && response.status < 500)
        return { ok: false, detail: body || `status ${response.status}` };
      throw new Error(`${new URL(url).origin} answers ${response.status}`);
    },
  };
}

/** As much of the body as is kept; the rest is not read. */
async function start(response: Response): Promise<string> {
  if (response.body === null) return '';
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length >= hookDetailMax) break;
  }
  return text.slice(0, hookDetailMax).trim();
}

/** `fetch failed` says nothing; its cause does. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
