import type { z } from 'zod';

/** The part of a zod 4 schema's definition that is looked at here (zod documents `schema.def` for such tools). */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, Inspectable>>;
  readonly innerType?: Inspectable;
  readonly in?: Inspectable;
  readonly element?: Inspectable;
  readonly valueType?: Inspectable;
  readonly options?: readonly Inspectable[];
}
interface Inspectable {
  readonly def: Definition;
}

/** Keys that the schema knows for the object at this path; of all alternatives where there are several. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let level = objects([schema]);
  for (const key of path) {
    level = objects(level.flatMap((one) => step(one.def, key)));
  }
  return [...new Set(level.flatMap((one) => Object.keys(one.def.shape ?? {})))];
}

/** Every key of the schema at any depth: for telling a person that a key belongs somewhere else. */
function step(def: Definition, key: PropertyKey): Inspectable[] {
  const next = def.shape?.[String(key)] ?? def.element ?? def.valueType;
  return next ? [next] : [];
}

/** Looks through optional, default, transform and union to what is inside. */
function objects(schemas: readonly Inspectable[]): Inspectable[] {
  return schemas.flatMap((schema): Inspectable[] => {
    const { innerType, in: input, options } = schema.def;
    if (options) return objects(options);
    if (innerType) return objects([innerType]);
    if (schema.def.type === 'pipe' && input) return objects([input]);
    return [schema];
  });
}
