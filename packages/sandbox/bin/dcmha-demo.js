#!/usr/bin/env node
/** `dcmha-demo --dcmha FILE [--json] [--keep]`: the demo; FILE is the `dcmha` program. */
import { parseArgs } from 'node:util';
import { SandboxError } from '../dist/index.js';
import { formatReport, jsonReport, runDemo } from '../dist/demo/index.js';

let options;
try {
  ({ values: options } = parseArgs({
    options: {
      dcmha: { type: 'string' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  }));
} catch (error) {
  console.error(`${error.message}; there are --json and --keep`);
  process.exit(2);
}
if (options.help) {
  console.log(`Kills a primary, brings it back, switches over, kills an engine and the primary again, on real servers.

  --json   print the result as one JSON object on the last line
  --keep   leave everything running, and say how to look around and how to stop it`);
  process.exit(0);
}
if (!options.dcmha) {
  console.error('--dcmha FILE is missing: the path of the dcmha program');
  process.exit(2);
}

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // The second one ends this process at once; what it started ends with it all the same.
    if (interrupt.signal.aborted) process.exit(130);
    console.error(`\n${signal}: ending what was started`);
    interrupt.abort(new Error(`interrupted by ${signal}`));
  });
}

try {
  const result = await runDemo({
    dcmha: options.dcmha,
    keep: options.keep,
    print: (line) => console.log(line),
    signal: interrupt.signal,
  });
  console.log('');
  for (const line of formatReport(result)) console.log(line);
  if (options.json) console.log(jsonReport(result));
  process.exitCode = result.ok ? 0 : 1;
} catch (error) {
  if (interrupt.signal.aborted) process.exitCode = 130;
  else if (error instanceof SandboxError) {
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  } else throw error;
}
