import type { AvroRecord, AvroSchema } from './schema.ts';

const primitives = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);
const emptyFingerprint = 0xc15d213aa4d7a795n;

/**
 * CRC-64-AVRO over the Parsing Canonical Form, 8 bytes little-endian, as a single-object record carries it.
 * Source: Avro 1.11 specification, "Parsing Canonical Form for Schemas", "Schema Fingerprints", "Single-
 * object encoding". (avsc's own fingerprint is MD5, which Java's BinaryMessageDecoder does not know.)
 */
export function schemaFingerprint(schema: AvroSchema): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(crc64Avro(Buffer.from(canonicalForm(schema), 'utf8')));
  return bytes;
}

/** The Rabin fingerprint of the specification. It goes bit by bit, because it runs once per schema. */
export function crc64Avro(bytes: Uint8Array): bigint {
  let fingerprint = emptyFingerprint;
  for (const byte of bytes) {
    fingerprint ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      fingerprint = (fingerprint >> 1n) ^ (fingerprint & 1n ? emptyFingerprint : 0n);
    }
  }
  return fingerprint;
}

/** Full names and only the attributes that a parser needs, in a fixed order, without white space. */
export function canonicalForm(schema: AvroSchema, namespace = ''): string {
  if (typeof schema === 'string')
    return JSON.stringify(primitives.has(schema) ? schema : fullName(schema, namespace));
  if (isUnion(schema)) return `[${schema.map((branch) => canonicalForm(branch, namespace)).join(',')}]`;
  if (primitives.has(schema.type)) return JSON.stringify(schema.type);
  const name = schema.name === undefined ? undefined : fullName(schema.name, namespaceOf(schema, namespace));
  const inner = name === undefined ? namespace : name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const parts: string[] = [];
  if (name !== undefined) parts.push(`"name":${JSON.stringify(name)}`);
  parts.push(`"type":${JSON.stringify(schema.type)}`);
  if (isRecord(schema)) {
    const fields = schema.fields.map(
      (f) => `{"name":${JSON.stringify(f.name)},"type":${canonicalForm(f.type, inner)}}`,
    );
    parts.push(`"fields":[${fields.join(',')}]`);
  } else {
    if (schema.symbols !== undefined) parts.push(`"symbols":${JSON.stringify(schema.symbols)}`);
    if (schema.items !== undefined) parts.push(`"items":${canonicalForm(schema.items, inner)}`);
    if (schema.values !== undefined) parts.push(`"values":${canonicalForm(schema.values, inner)}`);
    if (schema.size !== undefined) parts.push(`"size":${schema.size}`);
  }
  return `{${parts.join(',')}}`;
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function namespaceOf(schema: object, inherited: string): string {
  return 'namespace' in schema && typeof schema.namespace === 'string' ? schema.namespace : inherited;
}

function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema);
}

export function isRecord(schema: AvroSchema): schema is AvroRecord {
  return typeof schema === 'object' && 'fields' in schema;
}
