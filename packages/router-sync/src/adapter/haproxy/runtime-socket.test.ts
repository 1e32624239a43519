import { createServer, type Server, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RuntimeSocket, RuntimeSocketError, splitAnswers } from './runtime-socket.js';

describe('answers of the runtime socket', () => {
  it('belong to their commands, those that say nothing too', () => {
    const text =
      "no need to change the addr, port changed from '1' to '24001' by 'stats socket command'\n\n\n1\n# be_id be_name\n4 a\n\nNo such server.\n\n";
    expect(splitAnswers(text)).toEqual([
      ["no need to change the addr, port changed from '1' to '24001' by 'stats socket command'"],
      [],
      ['1', '# be_id be_name', '4 a'],
      ['No such server.'],
    ]);
  });

  it('may lack the last empty line', () => {
    expect(splitAnswers('\nUnknown command.\n')).toEqual([[], ['Unknown command.']]);
  });
});

describe('RuntimeSocket', () => {
  let folder: string;
  let path: string;
  let server: Server;
  let lines: string[];
  let answer: (line: string, socket: Socket) => void;
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dcmha-socket-'));
    path = join(folder, 's');
    lines = [];
    answer = (line, socket) => socket.end('\n'.repeat(line.split(';').length));
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
        if (!text.endsWith('\n')) return;
        lines.push(text.trimEnd());
        answer(text.trimEnd(), socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  it('sends the commands of one change as one line', async () => {
    const socket = new RuntimeSocket({ address: path, timeoutMs: 5000 });
    expect(await socket.run(['a b', 'c'])).toEqual([[], []]);
    expect(lines).toEqual(['a b;c']);
  });

  it('uses more lines when one would not fit the buffer of HAProxy, in order', async () => {
    const commands = Array.from({ length: 1000 }, (_, index) => `set server b/s${index} state ready`);
    const answers = await new RuntimeSocket({ address: path, timeoutMs: 5000 }).run(commands);
    expect(answers).toHaveLength(1000);
    expect(lines.length).toBeGreaterThan(1);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(12_001);
    expect(lines.join(';').split(';')).toEqual(commands);
  });

  it('refuses a command that would smuggle in another', async () => {
    const socket = new RuntimeSocket({ address: path, timeoutMs: 5000 });
    await expect(socket.run(['show info; quit'])).rejects.toThrow(TypeError);
    expect(lines).toEqual([]);
  });

  it('gives up on a HAProxy that accepts and does not answer', async () => {
    answer = () => {};
    const socket = new RuntimeSocket({ address: path, timeoutMs: 50 });
    await expect(socket.run(['show info'])).rejects.toThrow(/did not answer within 50 ms/);
  });

  it('can be interrupted', async () => {
    const abort = new AbortController();
    answer = () => abort.abort();
    const socket = new RuntimeSocket({ address: path, timeoutMs: 60_000 });
    await expect(socket.run(['show info'], abort.signal)).rejects.toThrow(RuntimeSocketError);
    await expect(socket.run(['show info'], abort.signal)).rejects.toThrow(RuntimeSocketError);
  });

  it('does not take fewer answers for the whole', async () => {
    answer = (_line, socket) => socket.end('\n');
    const socket = new RuntimeSocket({ address: path, timeoutMs: 5000 });
    await expect(socket.run(['a', 'b'])).rejects.toThrow(/1 answers to 2 commands/);
  });

  it('says what is missing when there is no socket', async () => {
    const address = join(folder, 'none');
    const error = await new RuntimeSocket({ address, timeoutMs: 5000 }).run(['a']).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RuntimeSocketError);
    expect(error).toMatchObject({ address, message: expect.stringContaining('stats socket') as string });
  });

  it('refuses an address that is none', async () => {
    await expect(new RuntimeSocket({ address: 'nowhere', timeoutMs: 5000 }).run(['a'])).rejects.toThrow(
      /expected an absolute path or host:port/,
    );
  });
});
