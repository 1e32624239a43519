import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AgentConfigInput, RejoinStage } from '../../src/index.js';

const script = fileURLToPath(new URL('agent-child.mjs', import.meta.url));

/** An agent in a process of its own. */
export class ChildAgent {
  readonly stages: RejoinStage[] = [];
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;

  /** It stands still when it has come to one of the stages. */
  constructor(config: AgentConfigInput, stopAt: readonly RejoinStage[] = []) {
    const args = [JSON.stringify(config), stopAt.join(',')];
    this.#child = fork(script, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.stderr?.on('data', (text: Buffer) => this.lines.push(text.toString()));
    this.#child.on('message', (message: { stage?: RejoinStage; log?: string; meta?: object }) => {
      if (message.stage !== undefined) this.stages.push(message.stage);
      if (message.log !== undefined) this.lines.push(`${message.log} ${JSON.stringify(message.meta ?? {})}`);
    });
    this.#gone = new Promise((resolve) => this.#child.once('exit', () => resolve()));
  }

  /** kill -9, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}
