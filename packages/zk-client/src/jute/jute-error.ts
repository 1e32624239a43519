/** Bytes that are not what the protocol says: the connection they came from cannot be trusted any further. */
export class JuteError extends Error {
  override readonly name = 'JuteError';
}
