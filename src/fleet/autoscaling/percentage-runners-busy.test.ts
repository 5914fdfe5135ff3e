import { describe, expect, it } from 'vitest';
import type { Metric } from '../resources/autoscaler-spec.ts';
import { SEED_METRIC } from '../testing/seed-policy.ts';
import { busyPolicyOf, busyPolicyProblems, suggestByBusy } from './percentage-runners-busy.ts';

const metric = (fields: Partial<Metric> = {}): Metric => ({ type: 'PercentageRunnersBusy', ...fields });

const suggest = (fields: Partial<Metric>, before: number, busy: number) =>
  suggestByBusy(busyPolicyOf(metric(fields)), { before, busy });

describe('PercentageRunnersBusy', () => {
  it.each<[string, Partial<Metric>, number, number, number]>([
    ['defaults', {}, 1, 1, 2],
    ['defaults', {}, 1, 0, 0],
    ['defaults', {}, 2, 2, 3],
    ['defaults', {}, 3, 2, 3],
    ['defaults', {}, 3, 3, 4],
    ['defaults', {}, 4, 3, 4],
    ['defaults', {}, 5, 4, 7],
    ['defaults', {}, 10, 8, 13],
    ['defaults', {}, 10, 7, 10],
    ['defaults', {}, 10, 3, 10],
    ['defaults', {}, 10, 2, 7],
    ['defaults', {}, 2, 0, 1],
    ['defaults', {}, 3, 0, 2],
    ['upAdj=2', { scaleUpAdjustment: 2 }, 3, 3, 5],
    ['downAdj=2', { scaleDownAdjustment: 2 }, 1, 0, -1],
    ['factors, termBusy=1', {}, 0, 1, 0],
    ['seed', SEED_METRIC, 2, 2, 4],
    ['seed', SEED_METRIC, 2, 1, 2],
    ['seed', SEED_METRIC, 4, 3, 8],
    ['seed', SEED_METRIC, 4, 2, 4],
    ['seed', SEED_METRIC, 4, 1, 4],
    ['seed', SEED_METRIC, 4, 0, 2],
    ['seed', SEED_METRIC, 8, 6, 16],
    ['seed', SEED_METRIC, 8, 5, 8],
    ['seed', SEED_METRIC, 16, 12, 32],
    ['seed', SEED_METRIC, 16, 3, 8],
    ['seed', SEED_METRIC, 16, 4, 16],
    ['seed', SEED_METRIC, 3, 0, 1],
    ['seed', SEED_METRIC, 1, 0, 0],
    ['downAdj=1', { scaleDownAdjustment: 1 }, 3, 0, 2],
    ['any', {}, 0, 0, 0],
    ['upAdj=2, termBusy=1', { scaleUpAdjustment: 2 }, 0, 1, 2],
  ])('3.4: %s %j before %s busy %s suggests %5$s', (_, fields, before, busy, wanted) => {
    expect(suggest(fields, before, busy).suggestion).toBe(wanted);
  });

  it('PRB-2: keeps the noise of floating point', () => {
    expect(suggest({ scaleUpFactor: '1.1' }, 100, 100).suggestion).toBe(111);
    expect(suggest({ scaleDownFactor: '0.57' }, 100, 0).suggestion).toBe(56);
  });

  it('PRB-6: grows with the defaults as 2, 3, 4, 6, 8, 11, 15, 20', () => {
    const sizes = [2];
    while (sizes.length < 8) sizes.push(suggest({}, sizes.at(-1) ?? 0, sizes.at(-1) ?? 0).suggestion);
    expect(sizes).toEqual([2, 3, 4, 6, 8, 11, 15, 20]);
  });

  it.each<[number, number, Partial<Metric>, string]>([
    [4, 3, SEED_METRIC, '3 of 4 runners were busy, at least 75 %: 4 × 2, rounded up, is 8.'],
    [4, 0, SEED_METRIC, '0 of 4 runners were busy, less than 25 %: 4 × 0.5, rounded down, is 2.'],
    [4, 1, SEED_METRIC, '1 of 4 runners were busy, between 25 % and 75 %: 4 stay.'],
    [1, 1, { scaleUpAdjustment: 3 }, '1 of 1 runner was busy, at least 80 %: 1 + 3 is 4.'],
    [5, 0, { scaleDownAdjustment: 2 }, '0 of 5 runners were busy, less than 30 %: 5 - 2 is 3.'],
    [0, 0, {}, 'There are no runners whose share of busy ones could be measured.'],
  ])('says why: of %s are %s busy', (before, busy, fields, text) => {
    expect(suggest(fields, before, busy).reason.text).toBe(text);
  });
});

describe('what ARC refuses', () => {
  const prefix = 'validating autoscaling metrics: spec.autoscaling.metrics[]';

  it.each<[Partial<Metric>, string, string]>([
    [{ scaleUpThreshold: 'much' }, 'scaleUpThreshold', `${prefix}.scaleUpThreshold cannot be parsed into a float64`],
    [
      { scaleDownThreshold: '0,3' },
      'scaleDownThreshold',
      `${prefix}.scaleDownThreshold cannot be parsed into a float64`,
    ],
    [{ scaleUpFactor: '2x' }, 'scaleUpFactor', `${prefix}.scaleUpFactor cannot be parsed into a float64`],
    [{ scaleDownFactor: ' 1' }, 'scaleDownFactor', `${prefix}.scaleDownFactor cannot be parsed into a float64`],
    [{ scaleUpAdjustment: -1 }, 'scaleUpAdjustment', `${prefix}.scaleUpAdjustment cannot be lower than 0`],
    [{ scaleDownAdjustment: -1 }, 'scaleDownAdjustment', `${prefix}.scaleDownAdjustment cannot be lower than 0`],
    [
      { scaleUpAdjustment: 1, scaleUpFactor: '2' },
      'scaleUpAdjustment',
      `${prefix}: scaleUpAdjustment and scaleUpFactor cannot be specified together`,
    ],
    [
      { scaleDownAdjustment: 1, scaleDownFactor: '.5' },
      'scaleDownAdjustment',
      `${prefix}: scaleDownAdjustment and scaleDownFactor cannot be specified together`,
    ],
  ])('D-22: %j is refused with its sentence', (fields, field, text) => {
    expect(busyPolicyProblems(metric(fields))).toEqual([{ field, text }]);
  });

  it('takes what Go takes: signs, exponents, no leading digit, empty texts', () => {
    const fields = { scaleUpThreshold: '8e-1', scaleDownThreshold: '.3', scaleUpFactor: '+2', scaleDownFactor: '' };
    expect(busyPolicyProblems(metric({ ...fields, scaleUpAdjustment: 0 }))).toEqual([]);
    const { up, down } = busyPolicyOf(metric(fields));
    expect([up.threshold, down.threshold, up.factor, down.factor]).toEqual([0.8, 0.3, 2, 0.7]);
  });
});
