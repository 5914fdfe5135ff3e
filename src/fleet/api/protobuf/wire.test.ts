import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProtobuf } from './bodies.ts';
import { decode, encode, type Message } from './wire.ts';

const Node: Message = {
  name: { number: 1, type: 'text' },
  isOn: { number: 2, type: 'bool' },
  words: { number: 3, type: 'text', repeated: true },
  labels: { number: 400, type: 'text', map: true },
  below: { number: 5, type: () => Node },
};

const node = fc.letrec((tie) => ({
  node: fc.record(
    {
      name: fc.string({ unit: 'grapheme' }),
      isOn: fc.boolean(),
      words: fc.array(fc.string({ maxLength: 300 }), { minLength: 1 }),
      labels: fc.dictionary(fc.string(), fc.string(), { minKeys: 1, noNullPrototype: true }),
      below: tie('node'),
    },
    { requiredKeys: [] },
  ),
})).node;

const wrap = (apiVersion: string, kind: string, raw: Buffer): Buffer => {
  const type: Message = { apiVersion: { number: 1, type: 'text' }, kind: { number: 2, type: 'text' } };
  const unknown: Message = { typeMeta: { number: 1, type }, raw: { number: 2, type: 'base64' } };
  const body = encode(unknown, { typeMeta: { apiVersion, kind }, raw: raw.toString('base64') });
  return Buffer.concat([Buffer.from('k8s\0', 'latin1'), body]);
};

describe('Protocol Buffers', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(node, (value) => {
        expect(decode(Node, encode(Node, value as Record<string, unknown>))).toEqual(value);
      }),
    );
  });

  it('skips fields that it does not know', () => {
    const bytes = encode({ ...Node, extra: { number: 9, type: 'text' } }, { extra: 'x', name: 'a' });
    expect(decode(Node, bytes)).toEqual({ name: 'a' });
  });

  it('reads or refuses any bytes, and never fails in another way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const read = (): unknown => readProtobuf(wrap('v1', 'Secret', Buffer.from(bytes)));
        try {
          expect(read()).toMatchObject({ kind: 'Secret' });
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-request', status: 400 });
        }
      }),
    );
  });

  it.each([
    ['no magic', Buffer.from('{}'), 'no Kubernetes object in protobuf'],
    ['another kind', wrap('v1', 'Pod', Buffer.alloc(0)), 'Objects of v1 Pod are read as JSON'],
    ['a kind of the prototype', wrap('', '__proto__', Buffer.alloc(0)), 'are read as JSON'],
    ['a body that is cut off', wrap('v1', 'Secret', Buffer.from([0x0a, 0x7f])), 'the message is cut off'],
  ])('refuses %s', (_what, body, message) => {
    expect(() => readProtobuf(body)).toThrow(message);
  });
});
