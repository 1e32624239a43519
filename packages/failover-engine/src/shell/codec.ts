import { decodeValue, encodeValue, type NodeInput, type NodeKey, type NodeValue } from '@dcmha/zk-schema';

export function encode<Key extends NodeKey>(key: Key, value: NodeInput<Key>): string {
  return encodeValue(key, value, key);
}

export function decode<Key extends NodeKey>(key: Key, path: string, data: Buffer): NodeValue<Key> {
  return decodeValue(key, data, path);
}
