/** A JSON value of MySQL with the types that its binary form has beyond JSON. */
export type JsonNode =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'integer'; readonly value: number | bigint; readonly unsigned: boolean }
  | { readonly type: 'double'; readonly value: number }
  /** `bytes` is the text in UTF-8, as stored. */
  | { readonly type: 'string'; readonly text: string; readonly bytes: Buffer }
  | { readonly type: 'decimal'; readonly text: string; readonly precision: number; readonly scale: number }
  | { readonly type: 'date' | 'time' | 'datetime' | 'timestamp'; readonly text: string }
  /** A value of another column type, printed as `base64:typeNN:...`. */
  | { readonly type: 'opaque'; readonly fieldType: number; readonly bytes: Buffer }
  | { readonly type: 'array'; readonly items: readonly JsonNode[] }
  /** Entries in the server's order: by key length, then bytes. */
  | { readonly type: 'object'; readonly entries: readonly (readonly [key: string, value: JsonNode])[] };

/** One step of a partial JSON update, in the order in which they are applied. */
export interface JsonDiff {
  /** `insert`: a new member of an object or element of an array (those behind it move); `replace` and `remove`: what is there. */
  readonly operation: 'replace' | 'insert' | 'remove';
  /** Where, e.g. `$.a[2]."two words"`. */
  readonly path: string;
  /** `undefined` for `remove`. */
  readonly value: JsonNode | undefined;
}
