import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { JsonView } from '../../src/cli/terminal/json-view.ts';
import { LogView } from '../../src/cli/terminal/log-view.ts';
import type { Terminal } from '../../src/cli/terminal/terminal.ts';
import { TreeView } from '../../src/cli/terminal/tree-view.ts';
import type { View, WatchEvent } from '../../src/cli/watch/events.ts';
import { Recorder } from '../support/command-line.ts';
import { expectGolden } from './golden.ts';
import { job, run, START, step, story } from './script.ts';

function terminal(out: Recorder, colors: boolean): Terminal {
  return { out, err: new Recorder(), interactive: colors, colors: pc.createColors(colors) };
}

function tell(view: View, events: WatchEvent[]): void {
  for (const event of events) view.show(event);
  view.close();
}

/** What a person sees at the end: the last frame, as a terminal draws it. */
function screen(text: string): string {
  const lines: string[] = [''];
  for (const [token] of text.matchAll(/\x1b\[(\d+)A\x1b\[J|\x1b\[\?25[lh]|\n|[^\x1b\n]+|\x1b\[[\d;]*m/g)) {
    const up = /^\x1b\[(\d+)A/.exec(token);
    if (up) lines.splice(lines.length - 1 - Number(up[1]), Number.POSITIVE_INFINITY, '');
    else if (token === '\n') lines.push('');
    else if (!token.startsWith('\x1b[?')) lines[lines.length - 1] += token;
  }
  return lines.join('\n');
}

describe('the log view', () => {
  it('tells a run as plain lines', async () => {
    const out = new Recorder();
    tell(new LogView(terminal(out, false)), story);
    expect(out.text).not.toContain('\x1b');
    await expectGolden('log-plain.txt', out.text);
  });

  it('tells it in colours at a terminal', async () => {
    const out = new Recorder();
    tell(new LogView(terminal(out, true)), story);
    await expectGolden('log-colours.txt', out.text);
  });

  it('shows each warning and each error of a workflow file with its place', () => {
    const out = new Recorder();
    const errors = [{ file: '.github/workflows/x.yml', line: 3, column: 5, message: 'Unexpected value' }];
    const warnings = [{ file: '.github/workflows/x.yml', line: 1, column: 1, message: 'No effect' }];
    const failed = run({ status: 'completed', conclusion: 'startup_failure', errors, warnings });
    const result: WatchEvent = {
      type: 'result',
      conclusion: 'failure',
      exitCode: 1,
      durationMs: 1,
      runs: [],
      message: null,
    };
    tell(new LogView(terminal(out, false)), [failed, result]);
    expect(out.text).toContain(
      '! .github/workflows/x.yml:1:1: No effect\n✗ .github/workflows/x.yml:3:5: Unexpected value\n',
    );
  });
});

describe('the tree view', () => {
  it('ends with the whole tree and what failed', async () => {
    const out = new Recorder();
    tell(new TreeView(terminal(out, false), () => START + 2600), story);
    expect(out.text).toContain('\x1b[?25l');
    expect(out.text.trimEnd().includes('\x1b[?25h')).toBe(true);
    await expectGolden('tree-end.txt', screen(out.text));
  });

  it('shows what goes on with a spinner and the time so far', async () => {
    const out = new Recorder(40);
    const view = new TreeView(terminal(out, true), () => START + 1000);
    const events = story.slice(0, story.findIndex(({ type }) => type === 'step') + 1);
    for (const event of events) view.show(event);
    await expectGolden('tree-running.txt', screen(out.text));
    view.close();
  });

  it('draws as for 80 by 24 when the terminal says that it has no size', () => {
    const drawn = (out: Recorder): string => {
      tell(new TreeView(terminal(out, false), () => START + 2600), story);
      return out.text;
    };
    expect(drawn(new Recorder(0, 0))).toBe(drawn(new Recorder(80, 24)));
  });

  it('never paints higher than the screen while it goes on, and everything at the end', () => {
    const out = new Recorder(80, 10);
    const view = new TreeView(terminal(out, false), () => START);
    view.show(run());
    view.show(job(1, 'build', { status: 'in_progress', from: 0 }));
    for (let number = 1; number <= 30; number++) view.show(step(1, number, `Step ${number}`));
    const heights = [...out.text.matchAll(/\x1b\[(\d+)A/g)].map(([, rows]) => Number(rows));
    expect(Math.max(...heights)).toBe(9);
    view.close();
    for (let number = 1; number <= 30; number++) expect(screen(out.text)).toContain(`Step ${number}\n`.trimEnd());
  });
});

describe('the JSON view', () => {
  it('prints every event as one line of JSON and nothing else', () => {
    const out = new Recorder();
    tell(new JsonView(terminal(out, false)), story);
    expect(
      out.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(story);
  });
});
