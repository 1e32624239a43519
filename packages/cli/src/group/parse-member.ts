import { parseAddress, type NodeInput } from '@dcmha/zk-schema';
import { didYouMean } from '../config/did-you-mean.js';
import { CliError } from '../errors/cli-error.js';
import { ExitCode } from '../exit-code.js';

type Promotion = NonNullable<NodeInput<'metaHost'>['promotion']>;
const promotions: readonly Promotion[] = ['prefer', 'neutral', 'prefer-not', 'must-not'];

/** A `--member` of `dcmha group add`. */
export interface MemberArgument {
  /** `host:port` */
  readonly address: string;
  readonly region?: string;
  readonly promotion?: Promotion;
}

/** `db1:3306`, or `db1:3306,region=eu,promotion=prefer`. @throws {CliError} */
export function parseMember(text: string): MemberArgument {
  const [address = '', ...settings] = text.split(',');
  try {
    parseAddress(address);
  } catch (error) {
    throw wrong(text, error instanceof Error ? error.message : String(error));
  }
  let member: MemberArgument = { address };
  for (const setting of settings) {
    const [, key, value] = /^([^=]+)=(.+)$/.exec(setting) ?? [];
    if (key === 'region') member = { ...member, region: value };
    else if (key === 'promotion') member = { ...member, promotion: promotion(text, value ?? '') };
    else throw wrong(text, `"${setting}" is no setting of a member; expected region=NAME or promotion=RULE`);
  }
  return member;
}

function promotion(text: string, value: string): Promotion {
  const rule = promotions.find((one) => one === value);
  if (rule !== undefined) return rule;
  throw wrong(
    text,
    `"${value}" is no promotion rule${didYouMean(value, promotions)}; expected one of ${promotions.join(', ')}`,
  );
}

const wrong = (text: string, why: string): CliError =>
  new CliError(`--member ${text}: ${why}`, { exitCode: ExitCode.usage });
