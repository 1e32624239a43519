import { InstallError } from '../errors/index.js';
import { run } from '../process/run.js';

/** The Debian mirror that this machine uses (`$DCMHA_DEBIAN_MIRROR`, else what apt is set up with). */
export async function debianMirror(): Promise<string> {
  const explicit = process.env.DCMHA_DEBIAN_MIRROR;
  if (explicit) return explicit;
  const targets = await run('apt-get', ['indextargets', '--format', '$(LABEL)|$(REPO_URI)']);
  const mirror = mirrorFrom(targets);
  if (mirror !== undefined) return mirror;
  throw new InstallError(
    'find a Debian mirror',
    'apt of this machine knows none (run `apt-get update` once if this is Debian); set DCMHA_DEBIAN_MIRROR to the ' +
      'address of one, or install MySQL >= 8.4 by hand and set DCMHA_MYSQLD to its mysqld',
  );
}

/**
 * Picks the repository labelled `Debian` from lines of `LABEL|URI`; where apt has no lists yet, labels are empty, and an
 * address that ends in `/debian` is taken.
 */
export function mirrorFrom(targets: string): string | undefined {
  const repositories = targets.split('\n').map((line) => {
    const [label, uri] = line.split('|');
    return { label, uri };
  });
  const labelled = repositories.find(({ label, uri }) => label === 'Debian' && uri);
  return (labelled ?? repositories.find(({ label, uri }) => label === '' && /\/debian\/?$/.test(uri ?? '')))
    ?.uri;
}
