/** The agent will not do what was asked; the message says why. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}
