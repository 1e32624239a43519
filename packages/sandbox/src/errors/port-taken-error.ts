import { SandboxError } from './sandbox-error.js';

/** Another process listens on the address that a server was to have. */
export class PortTakenError extends SandboxError {
  readonly host: string;
  readonly port: number;

  constructor(host: string, port: number, wantedBy: string) {
    super(
      'PORT_TAKEN',
      `port ${host}:${port}, wanted by ${wantedBy}, is taken by another process: end that process ` +
        `(\`ss -ltnp 'sport = :${port}'\` shows it) or choose another port`,
    );
    this.host = host;
    this.port = port;
  }
}
