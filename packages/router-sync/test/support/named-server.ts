import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP server that tells its name to whoever connects, as a MySQL server sends its greeting, and then echoes. */
export class NamedServer {
  readonly sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(
    readonly name: string,
    readonly host: string,
  ) {
    this.#server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
      socket.write(`${name}\n`);
      socket.on('data', (chunk) => socket.write(chunk));
    });
  }

  static async start(name: string, host: string): Promise<NamedServer> {
    const server = new NamedServer(name, host);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(0, host, resolve);
    });
    return server;
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error(`${this.name} does not listen`);
    return `${this.host}:${address.port}`;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

export interface Client {
  /** Name of the server that greeted; `null` when the connection was closed without a greeting. */
  readonly server: string | null;
  readonly socket: Socket;
  /** Resolves when the connection is over. */
  readonly ended: Promise<void>;
}

/** Connects and waits for the greeting, or for the end of the connection. */
export function connectTo(port: number, host = '127.0.0.1'): Promise<Client> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    let text = '';
    const ended = new Promise<void>((end) => socket.once('close', () => end()));
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve({ server: text.split('\n')[0]!, socket, ended });
    });
    socket.once('close', () => resolve({ server: null, socket, ended }));
  });
}

/** Who answers at this port now; closes the connection again. */
export async function whoAnswers(port: number): Promise<string | null> {
  const { server, socket } = await connectTo(port);
  socket.destroy();
  return server;
}
