/**
 * As much of Protocol Buffers as Kubernetes clients need: they send objects of its own kinds in it, and old ones read
 * OpenAPI documents in nothing else. Messages are described by tables, and are plain objects on our side.
 */

export interface Field {
  number: number;
  /** `base64` is bytes. A function is a message that may hold itself. */
  type: 'text' | 'base64' | 'bool' | Message | (() => Message);
  repeated?: true;
  /** Text keys; on the wire a list of messages with the fields 1 and 2. */
  map?: true;
}
export type Message = { [name: string]: Field };

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** What has no field in the table is left out. */
export function encode(message: Message, value: Record<string, unknown>): Buffer {
  const parts = Object.entries(message).flatMap(([name, field]) => {
    const given = value[name];
    if (given === undefined) return [];
    return valuesOf(field, given).map((one) => encodeField(field, one));
  });
  return Buffer.concat(parts);
}

function valuesOf({ map, repeated }: Field, value: unknown): unknown[] {
  if (map) return Object.entries(value as object).map(([key, one]) => ({ key, one }));
  return repeated ? (value as unknown[]) : [value];
}

function encodeField(field: Field, value: unknown): Buffer {
  if (field.map) {
    const { key, one } = value as { key: string; one: unknown };
    const entry = [encodeField({ number: 1, type: 'text' }, key), encodeField({ number: 2, type: field.type }, one)];
    return withLength(field.number, Buffer.concat(entry));
  }
  if (field.type === 'bool') return Buffer.concat([varint(field.number * 8 + VARINT), varint(value ? 1 : 0)]);
  if (field.type === 'text') return withLength(field.number, Buffer.from(String(value)));
  if (field.type === 'base64') return withLength(field.number, Buffer.from(String(value), 'base64'));
  return withLength(field.number, encode(messageOf(field.type), value as Record<string, unknown>));
}

const withLength = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([varint(number * 8 + BYTES), varint(bytes.length), bytes]);

const messageOf = (type: Message | (() => Message)): Message => (typeof type === 'function' ? type() : type);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}

/**
 * Fields that the table does not have are skipped.
 * @throws RangeError for what is cut off or malformed
 */
export function decode(message: Message, bytes: Buffer): Record<string, unknown> {
  const names = new Map(Object.entries(message).map(([name, field]) => [field.number, { name, field }]));
  const value: Record<string, unknown> = {};
  const reader = new Reader(bytes);
  while (!reader.isAtEnd) {
    const { number, raw } = reader.field();
    const known = names.get(number);
    if (known) take(value, known.name, known.field, raw);
  }
  return value;
}

function take(value: Record<string, unknown>, name: string, field: Field, raw: Buffer | number): void {
  if (field.map) {
    const { key = '', one } = decode(
      { key: { number: 1, type: 'text' }, one: { number: 2, type: field.type } },
      bytesOf(raw),
    );
    const entries = (value[name] ?? {}) as object;
    value[name] = entries;
    const entry = one ?? (field.type === 'text' || field.type === 'base64' ? '' : {});
    Object.defineProperty(entries, String(key), { value: entry, enumerable: true, writable: true, configurable: true });
  } else if (field.repeated) {
    value[name] = [...((value[name] as unknown[] | undefined) ?? []), decodeValue(field, raw)];
  } else value[name] = decodeValue(field, raw);
}

function decodeValue({ type }: Field, raw: Buffer | number): unknown {
  if (type === 'bool') return raw === 1;
  if (type === 'text') return bytesOf(raw).toString('utf8');
  if (type === 'base64') return bytesOf(raw).toString('base64');
  return decode(messageOf(type), bytesOf(raw));
}

function bytesOf(raw: Buffer | number): Buffer {
  if (typeof raw !== 'number') return raw;
  throw new RangeError('a number is where a message or text should be');
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  field(): { number: number; raw: Buffer | number } {
    const tag = this.#varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case VARINT:
        return { number, raw: this.#varint() };
      case BYTES:
        return { number, raw: this.#slice(this.#varint()) };
      case FIXED64:
        return { number, raw: this.#slice(8) };
      case FIXED32:
        return { number, raw: this.#slice(4) };
      default:
        throw new RangeError(`a field has the unknown wire type ${tag % 8}`);
    }
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError('the message is cut off');
      // Beyond 53 bits only the sign of numbers lies that nobody here looks at.
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new RangeError('a number has no end');
  }

  #slice(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('the message is cut off');
    const slice = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return slice;
  }
}
