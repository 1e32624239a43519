/** Listeners of the application: called in the order they were added; an exception in one does not reach the others. */
export class ListenerSet<Event> {
  readonly #listeners = new Set<{ call: (event: Event) => void }>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Returns how to take the listener away again. */
  add(listener: (event: Event) => void): () => void {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  emit(event: Event): void {
    for (const { call } of [...this.#listeners]) {
      try {
        call(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
