import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEvents } from './event-stream.ts';

const TEXT = ': hello\n\nevent: job\ndata: {"a":"ä"}\n\r\ndata: one\r\ndata:two\r\n\r\nid: 7\n\n';
const EVENTS = [
  { event: 'job', data: '{"a":"ä"}' },
  { event: 'message', data: 'one\ntwo' },
];

async function eventsOf(chunks: Uint8Array[]): Promise<unknown[]> {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const found: unknown[] = [];
  for await (const event of parseEvents(body())) found.push(event);
  return found;
}

describe('server-sent events', () => {
  it('are the same however the bytes are cut into chunks', async () => {
    const bytes = new TextEncoder().encode(TEXT);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: bytes.length })), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.slice(places[index], end));
        expect(await eventsOf(chunks)).toEqual(EVENTS);
      }),
    );
  });
});
