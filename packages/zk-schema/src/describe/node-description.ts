import { z } from 'zod';
import { model, nodeKeys } from '../model/index.js';
import type { Lifetime, NodeDefinition, NodeKey } from '../model/index.js';
import type { Layout } from '../path/index.js';

export interface FieldDescription {
  readonly name: string;
  /** `string`, `integer`, `list of string`, `"up" | "down"`, ... */
  readonly type: string;
  /** May be left out when writing. */
  readonly optional: boolean;
  /** What stands for it when it is left out. */
  readonly default?: unknown;
  readonly meaning?: string;
}

/** One kind of node of the tree, for people and programs. */
export interface NodeDescription {
  readonly node: NodeKey;
  /** `/mysql/router-ack/<group>/<router>` */
  readonly path: string;
  readonly lifetime: Lifetime;
  /** Version of the format of the value, its field `v`. */
  readonly format: number;
  readonly summary: string;
  readonly writtenBy: string;
  readonly readBy: string;
  readonly fields: readonly FieldDescription[];
  /** A value as it stands in ZooKeeper. */
  readonly example: string;
}

/** The part of JSON Schema that these values use. */
interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
}

/** The whole model, in the order of the design. */
export function describeNodes(layout: Layout): NodeDescription[] {
  return nodeKeys.map((key) => describeNode(layout, key));
}

function describeNode(layout: Layout, key: NodeKey): NodeDescription {
  const definition: NodeDefinition = model[key];
  const schema = z.toJSONSchema(definition.schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const params = Object.keys(definition.params).map((name) => `/<${name}>`);
  return {
    node: key,
    path: `${layout.root}/${layout.names[definition.name]}${params.join('')}${definition.suffix ?? ''}`,
    lifetime: definition.lifetime,
    format: definition.format,
    summary: definition.summary,
    writtenBy: definition.writtenBy,
    readBy: definition.readBy,
    fields: fieldsOf(schema),
    example: JSON.stringify({ v: definition.format, ...(definition.example as object) }),
  };
}

function fieldsOf(schema: Schema): FieldDescription[] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    type: typeOf(field),
    optional: schema.required?.includes(name) !== true,
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.description === undefined ? {} : { meaning: field.description }),
  }));
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' | ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type !== 'object') return schema.type ?? 'anything';
  if (schema.properties !== undefined) {
    const fields = fieldsOf(schema).map(
      ({ name, optional, type }) => `${name}${optional ? '?' : ''}: ${type}`,
    );
    return `{ ${fields.join(', ')} }`;
  }
  const { additionalProperties } = schema;
  return typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0
    ? `map of ${typeOf(additionalProperties)}`
    : 'map of anything';
}
