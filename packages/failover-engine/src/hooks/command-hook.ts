import { spawn } from 'node:child_process';
import { hookDetailMax, type Hook, type HookAnswer, type HookFacts } from './hook.js';

/** Nothing else of the engine's environment is passed on: it may hold secrets. */
const passedOn = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

const lastOutputMs = 200;

/**
 * A program. It is given the facts as JSON on stdin and as `DCMHA_*` in its environment; exit code 0 means go on,
 * another one is a veto with the last line of its output as the reason. It runs in a process group of its own, which is
 * killed (SIGKILL) when its time is over. No shell is involved.
 */
export function commandHook({
  command,
  timeoutMs,
}: {
  readonly command: readonly string[];
  readonly timeoutMs: number;
}): Hook {
  const [program = '', ...args] = command;
  return {
    timeoutMs,
    run: (facts, signal) =>
      new Promise<HookAnswer>((resolve, reject) => {
        const child = spawn(program, args, {
          detached: true,
          stdio: ['pipe', 'pipe', 'pipe'],
          env: environment(facts),
        });
        let output = '';
        const collect = (chunk: Buffer): void => {
          output = (output + chunk.toString()).slice(-4 * hookDetailMax);
        };
        child.stdout.on('data', collect);
        child.stderr.on('data', collect);
        // A program that does not read its input has closed it.
        child.stdin.on('error', () => {});
        child.stdin.end(`${JSON.stringify(facts)}\n`);

        const kill = (): void => {
          if (child.pid === undefined) return;
          try {
            process.kill(-child.pid, 'SIGKILL');
          } catch {
            // It has ended by itself.
          }
        };
        const end = (): void => {
          signal.removeEventListener('abort', kill);
          child.stdout.destroy();
          child.stderr.destroy();
        };
        signal.addEventListener('abort', kill, { once: true });
        if (signal.aborted) kill();
        child.once('error', (error) => {
          end();
          reject(new Error(`${program} could not be started: ${error.message}`));
        });
        child.once('exit', (code, by) => {
          const settle = (): void => {
            clearTimeout(late);
            end();
            const detail = lastLine(output);
            if (code === null) reject(new Error(`${program} was ended by ${by ?? 'a signal'}`));
            else resolve({ ok: code === 0, detail: code === 0 ? detail : detail || `exit code ${code}` });
          };
          // What it wrote last may still be on its way; a child of its own may hold the pipe open for ever.
          const late = setTimeout(settle, lastOutputMs);
          child.once('close', settle);
        });
      }),
  };
}

function environment(facts: HookFacts): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of passedOn) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  for (const [key, value] of Object.entries(facts)) {
    if (value === null || value === undefined) continue;
    const name = `DCMHA_${key.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`;
    env[name] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  return env;
}

function lastLine(output: string): string {
  return (output.trim().split('\n').at(-1) ?? '').slice(0, hookDetailMax);
}
