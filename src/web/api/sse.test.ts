import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventStreamParser } from './sse.ts';

test('gives an event at the blank line that ends it', () => {
  const parser = new EventStreamParser();
  expect(parser.push('event: run\ndata: {"id":1}\n')).toEqual([]);
  expect(parser.push('\n')).toEqual([{ event: 'run', data: '{"id":1}' }]);
});

test('joins several data lines, and takes one space after the colon away', () => {
  expect(new EventStreamParser().push('data: a\ndata:  b\ndata\n\n')).toEqual([{ event: 'message', data: 'a\n b\n' }]);
});

test('passes over comments, unknown fields and events without data', () => {
  expect(new EventStreamParser().push(': still here\nid: 4\n\nevent: run\n\ndata: x\n\n')).toEqual([
    { event: 'message', data: 'x' },
  ]);
});

test('gives the same events however the stream is cut and its lines end', () => {
  const event = fc.record({ event: fc.constantFrom('run', 'job', 'log'), value: fc.jsonValue() });
  const cuts = fc.array(fc.nat(), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), fc.constantFrom('\n', '\r\n', '\r'), cuts, (events, end, places) => {
      const blocks = events.map(
        ({ event, value }) => `event: ${event}${end}data: ${JSON.stringify(value)}${end}${end}`,
      );
      // After a lone carriage return only the next piece shows that the line has ended.
      const text = `${blocks.join('')}: end${end}`;
      const parser = new EventStreamParser();
      const sorted = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
      const got = sorted.flatMap((place, index) => parser.push(text.slice(sorted[index - 1] ?? 0, place)));
      expect(got).toEqual(events.map(({ event, value }) => ({ event, data: JSON.stringify(value) })));
    }),
  );
});
