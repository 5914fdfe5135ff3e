import { describe, expect, it } from 'vitest';
import { parseRunnerList } from './runner-list.ts';

const one = {
  id: 1,
  name: 'one',
  os: 'linux',
  status: 'offline',
  busy: false,
  labels: [
    { id: 1, name: 'self-hosted', type: 'read-only' },
    { name: 'api-prod', type: 'custom' },
  ],
};
const two = { ...one, id: 2, name: 'two', status: 'online', busy: true };
const page = (...runners: object[]): string => JSON.stringify({ total_count: 2, runners });
const names = (text: string): string[] => parseRunnerList(text, 'list.json').map(({ name }) => name);

describe('parseRunnerList', () => {
  it('reads what GitHub answers', () => {
    expect(parseRunnerList(page(one), 'x')).toEqual([
      {
        ...{ id: 1, name: 'one', labels: ['self-hosted', 'api-prod'], group: '', online: false, busy: false },
        ...{ scope: { kind: 'enterprise', name: '' }, wall: null, groupWall: null, maxJobMinutes: null },
      },
    ]);
  });

  it.each([
    ['a list', JSON.stringify([one, two])],
    ['pages one after another', `${page(one)}${page(two)}\n`],
    ['a list of pages', `[${page(one)}, ${page(two)}]`],
    ['a list of lists', JSON.stringify([[one], [two]])],
    ['one runner a line', `${JSON.stringify(one)}\n${JSON.stringify(two)}\n`],
  ])('reads %s', (_, text) => {
    expect(names(text)).toEqual(['one', 'two']);
  });

  it('reads an empty list', () => {
    expect(names(page())).toEqual([]);
    expect(names('[]')).toEqual([]);
  });

  it('reads what only Switchyard knows: limits, groups and walls', () => {
    const wall = { labels: ['api-prod'] };
    const text = page({ ...one, max_job_minutes: 30, runner_group_name: 'big', wall });
    expect(parseRunnerList(text, 'x')[0]).toMatchObject({
      ...{ maxJobMinutes: 30, group: 'big' },
      wall: { labels: ['api-prod'], environments: [], refs: [], workflows: [] },
    });
  });

  it.each([
    ['hello', 'The list of runners list.json is not JSON.'],
    ['{"a": 1}', 'The list of runners list.json has not the form'],
    ['{"runners": [{"name": 1}]}', 'The list of runners list.json has not the form'],
    ['{"runners": [', 'The list of runners list.json is not JSON.'],
    ['7', 'The list of runners list.json has not the form'],
    [']}', 'The list of runners list.json is not JSON.'],
  ])('refuses %s', (text, message) => {
    expect(() => parseRunnerList(text, 'list.json')).toThrow(message);
  });
});
