import { isWithin } from './path.js';

/** Maps paths of a client to paths of the server, which lie below the chroot of the connect string. */
export class Chroot {
  /** `''` without a chroot. */
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  toServer(path: string): string {
    if (this.prefix === '') return path;
    return path === '/' ? this.prefix : this.prefix + path;
  }

  /** A path that is not below the chroot is returned as it is: it says more than a wrong one. */
  toClient(path: string): string {
    if (this.prefix === '' || !isWithin(path, this.prefix)) return path;
    return path === this.prefix ? '/' : path.slice(this.prefix.length);
  }
}
