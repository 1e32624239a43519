/** What becomes of an error that no call of the application is there to receive. */
export function warn(error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`in a recipe over a ZooKeeper client: ${detail}`, 'ZooKeeperRecipeWarning');
}
