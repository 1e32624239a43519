/** What to do when a server is missing. */
export const setUpHint = 'run `./scripts/setup` (in a clone) or `dcmha sandbox install`';
