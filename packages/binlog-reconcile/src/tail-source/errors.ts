/** A dead server's binlog cannot be served; the message says why and what to do. */
export class TailSourceError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TailSourceError';
  }
}
