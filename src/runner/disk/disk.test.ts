import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { climb, type Rung, toolsToRemove } from './ladder.ts';
import { shortageOf } from './shortage.ts';

const GIB = 2 ** 30;
const fileSystem = { path: '/work', freeBytes: 5 * GIB, sizeBytes: 100 * GIB, freeInodes: 50_000, inodes: 1_000_000 };
const wanted = { bytes: GIB, percent: 0, inodes: 10_000 };

describe('shortageOf', () => {
  it('tells too little space and too few inodes, in numbers', () => {
    expect(shortageOf(fileSystem, wanted)).toBeUndefined();
    expect(shortageOf({ ...fileSystem, freeBytes: GIB / 2 }, wanted)).toBe(
      'the file system of /work has 512 MiB of 100.0 GiB free, and 1.0 GiB are wanted',
    );
    expect(shortageOf(fileSystem, { ...wanted, percent: 10 })).toMatch(
      /5\.0 GiB of 100\.0 GiB free, and 10\.0 GiB are/,
    );
    expect(shortageOf({ ...fileSystem, freeInodes: 9_999 }, wanted)).toBe(
      'the file system of /work has 9999 of 1000000 inodes free, and 10000 are wanted',
    );
  });

  it('wants no more than a tenth of a small file system, and nothing where it is switched off or not counted', () => {
    const small = { ...fileSystem, sizeBytes: GIB, freeBytes: GIB / 5, inodes: 1_000, freeInodes: 200 };
    expect(shortageOf(small, wanted)).toBeUndefined();
    const off = { bytes: 0, percent: 0, inodes: 0 };
    expect(shortageOf({ ...fileSystem, freeBytes: 0, freeInodes: 0 }, off)).toBeUndefined();
    expect(shortageOf({ ...fileSystem, sizeBytes: 0, freeBytes: 0, inodes: 0, freeInodes: 0 }, wanted)).toBeUndefined();
  });
});

const DAY = 86_400_000;
const tool = (name: string, version: string, days: number) => ({
  tool: name,
  version,
  lastUsedMs: 100 * DAY - days * DAY,
});
const NOW = 100 * DAY;

describe('toolsToRemove', () => {
  it('gives up versions that others have overtaken first, then what was not used for longest, and nothing in use', () => {
    const tools = [
      tool('node', '20', 1),
      tool('node', '18', 9),
      tool('go', '1.20', 30),
      tool('node', '16', 50),
      tool('python', '3', 0),
    ];
    expect(toolsToRemove(tools, NOW).map(({ version }) => version)).toEqual(['16', '18', '1.20']);
  });

  it('never gives up what was used in the last two days, and changes nothing that it was given', () => {
    const some = fc.array(
      fc.record({
        tool: fc.constantFrom('a', 'b'),
        version: fc.string(),
        lastUsedMs: fc.integer({ min: 0, max: NOW }),
      }),
    );
    fc.assert(
      fc.property(some, (tools) => {
        const copy = structuredClone(tools);
        const removed = toolsToRemove(tools, NOW);
        expect(tools).toEqual(copy);
        expect(removed.every(({ lastUsedMs }) => NOW - lastUsedMs > 2 * DAY)).toBe(true);
        expect(removed).toHaveLength(tools.filter(({ lastUsedMs }) => NOW - lastUsedMs > 2 * DAY).length);
      }),
    );
  });
});

describe('climb', () => {
  /** A disk of which 10 must be free; each rung frees what it says. */
  async function climbed(free: number, given: [string, number | 'fails'][]) {
    let room = free;
    const done: string[] = [];
    async function* rungs(): AsyncGenerator<Rung> {
      for (const [what, amount] of given) {
        yield {
          what,
          async remove() {
            done.push(what);
            if (amount === 'fails') throw new Error('resists');
            room += amount;
          },
        };
      }
    }
    const look = () => ({ shortage: room < 10 ? 'short' : undefined, freeBytes: room, freeInodes: 0 });
    return { ...(await climb(rungs(), look, ({ bytes }) => String(bytes))), done };
  }

  it('stops as soon as there is room, and reports what gave some', async () => {
    expect(
      await climbed(4, [
        ['a', 0],
        ['b', 'fails'],
        ['c', 5],
        ['d', 2],
        ['e', 9],
      ]),
    ).toEqual({
      report: ['c: 5', 'd: 2'],
      shortage: undefined,
      done: ['a', 'b', 'c', 'd'],
    });
    expect(await climbed(10, [['a', 5]])).toEqual({ report: [], shortage: undefined, done: [] });
  });

  it('says what is still wanting at its end', async () => {
    expect(await climbed(1, [['a', 5]])).toEqual({ report: ['a: 5'], shortage: 'short', done: ['a'] });
  });
});
