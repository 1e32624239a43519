/** A text that should name a server and does not. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly text: string;
  readonly reason: string;

  constructor(text: string, reason: string) {
    const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
    super(
      `${JSON.stringify(shown)} does not name a server: ${reason}; expected host:port, an IPv6 address in brackets ([::1]:3306)`,
    );
    this.text = text;
    this.reason = reason;
  }
}
