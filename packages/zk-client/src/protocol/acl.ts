import type { Acl } from '../api.js';
import type { JuteReader } from '../jute/jute-reader.js';
import type { JuteWriter } from '../jute/jute-writer.js';

export function writeAcls(writer: JuteWriter, acls: readonly Acl[]): void {
  writer.int(acls.length);
  for (const acl of acls) {
    writer.int(acl.permissions);
    writer.string(acl.scheme);
    writer.string(acl.id);
  }
}

export function readAcls(reader: JuteReader): Acl[] {
  return reader.vector(() => ({ permissions: reader.int(), scheme: reader.string(), id: reader.string() }));
}
