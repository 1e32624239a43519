import { fileURLToPath } from 'node:url';
import { defineCommand } from '../command/define-command.js';
import { ExitCode } from '../exit-code.js';

export const demo = defineCommand({
  command: 'demo',
  describe: 'the whole system on real servers on loopback: failover, rejoin, switchover, loss of an engine',
  builder: (yargs) =>
    yargs.option('keep', {
      type: 'boolean',
      default: false,
      describe: 'leave it running, and say how to look around and how to stop it',
    }),
  run: async (args, context) => {
    const { formatReport, runDemo } = await import('@dcmha/sandbox/demo');
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(new Error(`interrupted by ${String(context.signal.reason)}`));
    context.signal.addEventListener('abort', onAbort, { once: true });
    try {
      const result = await runDemo({
        dcmha: fileURLToPath(new URL('../../bin/dcmha.js', import.meta.url)),
        keep: args.keep,
        print: (line) => (context.json ? context.progress(line) : context.stdout.write(`${line}\n`)),
        signal: abort.signal,
      });
      context.result(result, () => ['', ...formatReport(result)].join('\n'));
      return result.ok ? ExitCode.ok : ExitCode.failed;
    } catch (error) {
      if (context.signal.aborted) return ExitCode.interrupted;
      throw error;
    } finally {
      context.signal.removeEventListener('abort', onAbort);
    }
  },
});
