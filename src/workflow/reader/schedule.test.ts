import { describe, expect, it } from 'vitest';
import type { Workflow } from '../model.ts';
import { readWorkflow } from './read-workflow.ts';

const read = (on: string): Workflow =>
  readWorkflow({ path: 'ci.yml', text: `on:\n  ${on}\njobs: {a: {runs-on: x, steps: [{run: x}]}}\n` });

const places = (list: Workflow['errors']): string[] =>
  list.map((found) => `${found.line}:${found.column} ${found.message}`);

describe('on.schedule', () => {
  it('SEM-4.1, 4.3: reads every entry with its time zone', () => {
    const workflow = read("schedule: [{cron: '30 5 * * 1-5', timezone: Europe/Berlin}, {cron: '0 0 * * SUN'}]");
    expect(workflow.errors).toEqual([]);
    expect(workflow.warnings).toEqual([]);
    expect(workflow.triggers).toEqual([
      {
        event: 'schedule',
        schedule: [
          { cron: '30 5 * * 1-5', timezone: 'Europe/Berlin' },
          { cron: '0 0 * * SUN', timezone: null },
        ],
      },
    ]);
  });

  it('SEM-4.1, 4.3: names every entry that is wrong at its place, and leaves it out', () => {
    const workflow = read(
      "schedule:\n  - cron: '@daily'\n  - {cron: 0 25 * * *}\n  - {cron: 0 5 * * *, timezone: Berlin}\n  - cron: 5 4 * * *",
    );
    expect(places(workflow.errors)).toEqual([
      '3:11 invalid `cron` attribute "@daily": it needs 5 fields (minute, hour, day of month, month, day of week) and has 1',
      '4:12 invalid `cron` attribute "0 25 * * *": the hour in \'25\' is not within 0-23, at position 3',
      "5:33 'Berlin' is no time zone of the IANA database",
    ]);
    expect(workflow.triggers?.[0]?.schedule).toEqual([{ cron: '5 4 * * *', timezone: null }]);
  });

  it('SEM-4.4: warns of an interval below 5 minutes, and says when it falls due instead', () => {
    const workflow = read("schedule: [{cron: '*/7 * * * *'}]");
    expect(workflow.errors).toEqual([]);
    expect(places(workflow.warnings)).toEqual([
      "2:21 The schedule '*/7 * * * *' falls due in the minutes 0, 7, 14, 21, 28, 35, 42, 49 only: schedules run at most every 5 minutes.",
    ]);
    expect(workflow.triggers?.[0]?.schedule).toEqual([{ cron: '*/7 * * * *', timezone: null }]);
  });

  it.each([
    ["schedule: [{cron: '0 0 30 2 *'}]", "2:21 The schedule '0 0 30 2 *' never falls due: there is no such date."],
    ['[schedule]', '2:4 The schedule has no cron, so it never falls due.'],
    ['schedule: []', '2:3 The schedule has no cron, so it never falls due.'],
  ])('warns of %s, which never falls due', (on, warning) => {
    const workflow = read(on);
    expect(workflow.errors).toEqual([]);
    expect(places(workflow.warnings)).toEqual([warning]);
  });
});

it('warns of the filters of image_version, which nothing looks at', () => {
  const workflow = read('image_version: {types: [ready], names: [a], versions: [b]}');
  expect(workflow.errors).toEqual([]);
  expect(places(workflow.warnings)).toEqual([
    '2:35 `names` of image_version has no effect: it is not looked at here.',
    '2:47 `versions` of image_version has no effect: it is not looked at here.',
  ]);
});
