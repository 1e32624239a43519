import type { AclDeviation } from './check-acls.js';

/** The tree is not as closed as it is configured to be, or does not open to the configured credentials. */
export class AclError extends Error {
  override readonly name = 'AclError';
  readonly deviations: readonly AclDeviation[];

  constructor(deviations: readonly AclDeviation[], remedy: string) {
    const shown = deviations.slice(0, 5).map(({ path, reason }) => `${path}: ${reason}`);
    const more = deviations.length - shown.length;
    super(
      `the ACLs of the tree are not as configured: ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}; ${remedy}`,
    );
    this.deviations = deviations;
  }
}
