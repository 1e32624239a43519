import type { SandboxStatus } from '@dcmha/sandbox';
import { table } from './table.js';

export function sandboxText({ name, folder, endpoints, entries }: SandboxStatus): string {
  return [
    `sandbox ${name} in ${folder}`,
    ...Object.entries(endpoints).map(([what, where]) => `${what}: ${where}`),
    '',
    table(
      [
        { title: 'NAME', value: (row) => row.name },
        { title: 'ADDRESS', value: (row) => row.address ?? '-' },
        { title: 'PID', value: (row) => String(row.pid), align: 'right' },
        { title: 'STATE', value: (row) => row.state },
        { title: 'ROLE', value: (row) => row.role ?? '-' },
        { title: 'LOG', value: (row) => row.logFile },
      ],
      entries,
    ),
  ].join('\n');
}
