/** A JSON value of MySQL with the types that its binary form has beyond JSON. */
export type JsonNode =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'integer'; readonly value: number | bigint; readonly unsigned: boolean }
  | { readonly type: 'double'; readonly value: number }
  /** `text` is empty only where the bytes are not valid UTF-8; `bytes` are always there. */
  | { readonly type: 'string'; readonly text: string; readonly bytes: Buffer }
  | { readonly type: 'decimal'; readonly text: string; readonly precision: number; readonly scale: number }
  | { readonly type: 'date' | 'time' | 'datetime' | 'timestamp'; readonly text: string }
  /** A value of another column type, printed as `base64:typeNN:...`. */
  | { readonly type: 'opaque'; readonly fieldType: number; readonly bytes: Buffer }
  | { readonly type: 'array'; readonly items: readonly JsonNode[] }
  /** Entries in the server's order: by key length, then bytes. */
  | { readonly type: 'object'; readonly entries: readonly (readonly [key: string, value: JsonNode])[] };
