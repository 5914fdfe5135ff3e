import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { type Decision, decide, flush, type Message, matches, NOTHING_TOLD, nextFlushMs } from './decide.ts';
import type { Notice } from './notice.ts';

const MINUTE = 60_000;
const NOON = Date.parse('2026-01-01T12:00:00Z');

const config = (rules: object[], more: object = {}) =>
  parseConfig(
    JSON.stringify({
      receivers: [
        { name: 'team', webhook: { url: 'https://example.com/a' } },
        { name: 'ops', webhook: { url: 'https://example.com/b' } },
      ],
      rules,
      ...more,
    }),
    'notifications.yaml',
  );

const trouble = (over: Partial<Notice> = {}): Notice => ({
  kind: 'troubles',
  subject: 'pool:default/builds',
  state: 'StartsPaused',
  title: 'builds: starts paused',
  text: '',
  isGood: false,
  pool: 'default/builds',
  ...over,
});

const deployment = (state: string): Notice => ({
  ...trouble({ kind: 'deployments', subject: 'deployment:1', state, title: `production: ${state}` }),
  environment: 'production',
});

/** Notices at minutes, and what goes out. */
function sent(rules: object[], events: [minute: number, notice: Notice][], more: object = {}): string[] {
  let decision: Decision = { state: NOTHING_TOLD, messages: [] };
  const messages: Message[] = [];
  for (const [minute, notice] of events) {
    decision = decide(decision.state, config(rules, more), notice, NOON + minute * MINUTE);
    messages.push(...decision.messages);
  }
  return messages.map(({ to, title }) => `${to}: ${title}`);
}

describe('who is told', () => {
  it.each<[string, object, boolean]>([
    ['the kind alone', {}, true],
    ['another kind', { tell: ['failures'] }, false],
    ['a pattern', { pools: ['default/*'] }, true],
    ['a pattern in the middle', { pools: ['def*t/bu*ds'] }, true],
    ['another case', { pools: ['DEFAULT/builds'] }, true],
    ['a part only', { pools: ['default'] }, false],
    ['a pattern whose ends overlap', { pools: ['default/builds*s'] }, false],
    ['what the notice does not have', { branches: ['*'] }, false],
    ['one of several', { pools: ['x', 'default/builds'] }, true],
  ])('follows %s', (_what, rule, expected) => {
    const [read] = config([{ to: 'team', tell: ['troubles'], ...rule }]).rules;
    expect(read && matches(read, trouble())).toBe(expected);
  });

  it('tells each receiver once, by the first of its rules', () => {
    const rules = [
      { to: 'team', tell: ['troubles'], template: 'first: {{pool}} {{state}}{{branch}} {{unknown}}' },
      { to: 'team', tell: ['troubles'] },
      { to: 'ops', tell: ['troubles'] },
    ];
    expect(sent(rules, [[0, trouble()]])).toEqual([
      'team: first: default/builds StartsPaused {{unknown}}',
      'ops: builds: starts paused',
    ]);
  });
});

const ALL = [{ to: 'team', tell: ['troubles', 'deployments'] }];

describe('when they are told', () => {
  it('tells the same trouble once in the time that is set, and then how often it came', () => {
    const events: [number, Notice][] = [0, 1, 14, 15, 40].map((minute) => [minute, trouble()]);
    expect(sent(ALL, events)).toEqual([
      'team: builds: starts paused',
      'team: builds: starts paused (2 more times since 12:00 UTC)',
      'team: builds: starts paused',
    ]);
  });

  it('tells other trouble of the same pool, and the same of another pool, at once', () => {
    const events: [number, Notice][] = [
      [0, trouble()],
      [0, trouble({ state: 'FailedStart', title: 'builds: failed' })],
      [0, trouble({ subject: 'pool:default/other', title: 'other: starts paused' })],
    ];
    expect(sent(ALL, events)).toHaveLength(3);
  });

  it('never holds back what becomes of a deployment as a repetition', () => {
    const events: [number, Notice][] = [
      [0, deployment('in_progress')],
      [1, deployment('success')],
      [2, deployment('in_progress')],
    ];
    expect(sent(ALL, events)).toHaveLength(3);
  });

  it('makes one message of many, a minute after the first of them', () => {
    const many = Array.from({ length: 9 }, (_one, index) => trouble({ subject: `pool:${index}`, title: `${index}` }));
    let state = NOTHING_TOLD;
    const now: Message[] = [];
    for (const notice of many) {
      const decision = decide(state, config(ALL, { digestAfter: 3 }), notice, NOON);
      state = decision.state;
      now.push(...decision.messages);
    }
    expect(now.map(({ title }) => title)).toEqual(['0', '1', '2']);
    expect(nextFlushMs(state)).toBe(NOON + MINUTE);
    expect(flush(state, NOON + MINUTE - 1).messages).toEqual([]);
    const later = flush(state, NOON + MINUTE);
    expect(later.messages).toMatchObject([{ to: 'team', title: '6 notifications' }]);
    expect(later.messages[0]?.notices).toHaveLength(6);
    expect(nextFlushMs(later.state)).toBeUndefined();
  });

  it('holds only the newest state of a deployment, and lets it out as its own message', () => {
    let state = NOTHING_TOLD;
    for (const notice of [trouble(), deployment('in_progress'), deployment('success')]) {
      state = decide(state, config(ALL, { digestAfter: 1 }), notice, NOON).state;
    }
    const { messages } = flush(state, NOON + MINUTE);
    expect(messages).toMatchObject([{ key: 'deployment:1', title: 'production: success' }]);
  });

  it('tells, holds or counts every trouble, and nothing twice, whatever comes in whatever order', () => {
    const rules = config(ALL, { digestAfter: 2, throttleMinutes: 1 });
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 40_000 }), pool: fc.integer({ min: 0, max: 4 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let state = NOTHING_TOLD;
        let now = NOON;
        const out: Message[] = [];
        const follow = (decision: Decision): void => {
          state = decision.state;
          out.push(...decision.messages);
        };
        let unsaid = 0;
        for (const { afterMs, pool } of steps) {
          now += afterMs;
          follow(flush(state, now));
          const subject = `pool:${pool}`;
          const before = [...state.told].find(([key]) => key.includes(subject))?.[1];
          if (before && now - before.atMs < MINUTE) unsaid++;
          follow(decide(state, rules, trouble({ subject }), now));
        }
        follow(flush(state, now + MINUTE));
        expect(nextFlushMs(state)).toBeUndefined();
        expect(out.flatMap(({ notices }) => notices)).toHaveLength(steps.length - unsaid);
      }),
    );
  });
});
