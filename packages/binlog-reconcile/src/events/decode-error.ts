/**
 * Bytes that do not decode. Thrown by code that does not know which event it works on; whoever does turns it into a
 * `BinlogCorruptError` with file and position.
 */
export class DecodeError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DecodeError';
  }
}
