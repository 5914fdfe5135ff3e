/** What steps print and write for the runner, and what must never show: SEM-23 to 25, end to end. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobMessage, type ScriptedJob, StandInServer } from '../support/stand-in-server.ts';
import { type RunnerProcess, startRunner } from './runner-process.ts';

let server: StandInServer;
let runner: RunnerProcess | undefined;

beforeEach(async () => {
  server = new StandInServer();
  await server.start();
});

afterEach(async () => {
  await runner?.close();
  await server.stop();
  expect(server.violations).toEqual([]);
});

async function runJob(job: ScriptedJob) {
  runner = startRunner(server.jitConfig());
  server.offer(jobMessage(server, job));
  expect(await runner.exited, runner.output()).toBe(0);
  const [completion] = server.completions;
  if (!completion) throw new Error('the job was not completed');
  const conclusions = completion.stepResults?.slice(1, -1).map(({ name, conclusion }) => `${name}: ${conclusion}`);
  return { completion, conclusions };
}

/** Everything that left the runner. */
const sent = (): string =>
  [
    server.feedText(),
    ...[...server.blobs.values()].map(({ content }) => content),
    JSON.stringify(server.completions),
  ].join('\n');

describe('environment files', () => {
  it('SEM-24.4: GITHUB_ENV shows from the next step on; NODE_OPTIONS is refused, built-in values stay', async () => {
    const { completion, conclusions } = await runJob({
      steps: [
        {
          name: 'writes',
          run: 'echo "MINE=1" >> $GITHUB_ENV; echo "GITHUB_REF_NAME=forged" >> $GITHUB_ENV; echo "RUNNER_OS=forged" >> $GITHUB_ENV; echo "now [$MINE]"',
        },
        { name: 'reads', run: 'echo "then [$MINE] $GITHUB_REF_NAME $RUNNER_OS"' },
        {
          name: 'blocked',
          run: 'echo "NODE_OPTIONS=--inspect" >> $GITHUB_ENV; echo "LATER=x" >> $GITHUB_OUTPUT',
          id: 'b',
        },
        { name: 'after', if: 'always()', run: 'echo "options [$NODE_OPTIONS]"' },
      ],
      outputs: { later: 'steps.b.outputs.LATER' },
    });
    expect(conclusions).toEqual(['writes: succeeded', 'reads: succeeded', 'blocked: failed', 'after: succeeded']);
    expect(server.stepLog('writes')).toContain('now []');
    expect(server.stepLog('reads')).toMatch(/then \[1\] main (Linux|macOS|Windows)/);
    expect(server.stepLog('blocked')).toContain(
      "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.",
    );
    expect(server.stepLog('after')).toContain('options []');
    // SEM-24.3: the other file of the step counts.
    expect(completion.outputs).toEqual({ later: { value: 'x' } });
  });

  it('SEM-24.2, 24.6: a missing delimiter fails the step with a sentence; of an output the last write wins', async () => {
    const { completion, conclusions } = await runJob({
      steps: [
        { name: 'twice', id: 'twice', run: 'echo "a=1" >> $GITHUB_OUTPUT; echo "a=2<<3=4" >> $GITHUB_OUTPUT' },
        { name: 'open', run: 'printf "A<<END\\nnever closed\\n" >> $GITHUB_ENV' },
        { name: 'nonsense', if: 'always()', run: 'echo "no sign in here" >> $GITHUB_OUTPUT' },
      ],
      outputs: { a: 'steps.twice.outputs.a' },
    });
    expect(conclusions).toEqual(['twice: succeeded', 'open: failed', 'nonsense: failed']);
    expect(completion.outputs).toEqual({ a: { value: '2<<3=4' } });
    expect(server.stepLog('open')).toContain(
      "Unable to process file command 'env' successfully. Invalid value. Matching delimiter not found 'END'",
    );
    expect(server.stepLog('nonsense')).toContain("Invalid format 'no sign in here'");
  });

  it('SEM-24.3: a file in whose place lies what cannot be read fails the step', async () => {
    const { conclusions } = await runJob({
      steps: [{ name: 'folder', run: 'rm "$GITHUB_OUTPUT"; mkdir "$GITHUB_OUTPUT"' }],
    });
    expect(conclusions).toEqual(['folder: failed']);
    expect(server.stepLog('folder')).toContain("Unable to process file command 'output' successfully.");
  });

  it('SEM-24.7: a summary of more than 1 MiB is an error that fails nothing, and is not sent', async () => {
    const { completion, conclusions } = await runJob({
      steps: [{ name: 'big', run: 'head -c 1100000 /dev/zero | tr "\\0" x > $GITHUB_STEP_SUMMARY' }],
    });
    expect(conclusions).toEqual(['big: succeeded']);
    const [annotation] = completion.stepResults?.[1]?.annotations ?? [];
    expect(annotation?.message).toMatch(
      /^\$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k/,
    );
    expect([...server.blobs.keys()].filter((name) => name.startsWith('summary-'))).toEqual([]);
  });
});

describe('commands', () => {
  it('SEM-23.5, 23.6, 23.9: echo on and off; a command that cannot be processed fails the step at its end', async () => {
    const { conclusions } = await runJob({
      secrets: { PASSWORD: 'hunter2-of-mine' },
      steps: [
        {
          name: 'echoes',
          id: 'echoes',
          run: 'echo "::notice::silent"; echo "::echo::on"; echo "::set-output name=p::hunter2-of-mine"; echo "::echo::off"; echo "::save-state name=q::quiet"',
        },
        // What was printed is masked, what was meant is not (SEM-23.9).
        {
          name: 'reads',
          run: 'test "$GOT" = hunter2-of-mine && echo "it came whole"',
          env: got(),
        },
        { name: 'bad', run: 'echo "::echo::maybe"; echo "still runs"' },
      ],
    });
    expect(conclusions).toEqual(['echoes: succeeded', 'reads: succeeded', 'bad: failed']);
    expect(server.stepLog('echoes')).toMatch(/Z ::set-output name=p::\*\*\*$/m);
    expect(server.stepLog('echoes')).not.toMatch(/Z ::(save-state|notice)/);
    expect(server.stepLog('reads')).toContain('it came whole');
    expect(server.stepLog('bad')).toContain('still runs');
    expect(sent()).not.toContain('hunter2-of-mine');
  });

  it('SEM-23.7: of each kind ten annotations of a step are kept, messages are cut at 4,096 characters', async () => {
    const { completion } = await runJob({
      steps: [
        {
          name: 'many',
          run: 'for n in $(seq 30); do echo "::warning::w$n"; echo "::notice::n$n"; done; echo "::error::$(head -c 9000 /dev/zero | tr "\\0" x)"',
        },
      ],
    });
    const annotations = completion.stepResults?.[1]?.annotations ?? [];
    const of = (level: string) => annotations.filter((annotation) => annotation.level === level);
    expect(of('warning').map(({ message }) => message)).toEqual(Array.from({ length: 10 }, (_, at) => `w${at + 1}`));
    expect(of('notice')).toHaveLength(10);
    expect(of('failure')[0]?.message).toHaveLength(4_096);
    expect(server.stepLog('many')).toContain('##[warning]w30');
  });

  it('SEM-23.4: nothing between stop-commands and its token counts', async () => {
    const { completion } = await runJob({
      steps: [
        {
          name: 'stops',
          run: 'echo "::stop-commands::a-long-token"; echo "::error::not one"; echo "::a-long-token::"; echo "::error::one"',
        },
      ],
    });
    expect(completion.stepResults?.[1]?.annotations?.map(({ message }) => message)).toEqual(['one']);
    expect(server.stepLog('stops')).toContain('::error::not one');
  });
});

function got(): ScriptedJob['steps'][number]['env'] {
  return { type: 2, map: [{ Key: 'GOT', Value: { type: 3, expr: 'steps.echoes.outputs.p' } }] };
}

describe('secrets', () => {
  it('SEM-25.1, 25.2, 25.7: never leave, split over writes, over lines, or in another form', async () => {
    const secret = 'open "sesame" & co';
    const lines = 'first-line-of-it\nsecond-line-of-it';
    const { conclusions } = await runJob({
      secrets: { A: secret, LINES: lines },
      steps: [
        {
          name: 'prints',
          env: {
            type: 2,
            map: ['A', 'LINES'].map((name) => ({ Key: name, Value: { type: 3, expr: `secrets.${name}` } })),
          },
          shell: 'python3 {0}',
          run: [
            'import os, sys, time, base64, json, urllib.parse',
            'a = os.environ["A"]',
            'sys.stdout.write(a[:7]); sys.stdout.flush(); time.sleep(0.2); print(a[7:])',
            'print(os.environ["LINES"])',
            'sys.stdout.write(os.environ["LINES"][:20]); sys.stdout.flush(); time.sleep(0.2); print(os.environ["LINES"][20:])',
            'for before in ["", "x", "xy"]: print(base64.b64encode((before + a + " and more").encode()).decode())',
            'print(json.dumps(a)); print(urllib.parse.quote(a, safe="")); print(a.replace("&", "&amp;").replace(chr(34), "&quot;"))',
            'print("x" * 1048570 + a + "y" * 100)',
          ].join('\n'),
        },
      ],
    });
    expect(conclusions).toEqual(['prints: succeeded']);
    const text = sent();
    for (const piece of [
      'sesame',
      'second-line',
      'first-line',
      encodeURIComponent('sesame" &'),
      Buffer.from('sesame" & c').toString('base64').slice(4, 12),
    ]) {
      expect(text, piece).not.toContain(piece);
    }
  });

  it('SEM-25.4, 25.6: are masked in step names, annotations and summaries; outputs that hold one are dropped', async () => {
    const { completion } = await runJob({
      secrets: { A: 'hunter2-of-mine' },
      steps: [
        {
          name: 'Use hunter2-of-mine',
          id: 'one',
          run: 'echo "::error title=for hunter2-of-mine,file=hunter2-of-mine.ts::no hunter2-of-mine"; echo "# hunter2-of-mine" > $GITHUB_STEP_SUMMARY; echo "o=hunter2-of-mine" >> $GITHUB_OUTPUT',
        },
      ],
      outputs: { o: 'steps.one.outputs.o' },
    });
    expect(completion.stepResults?.[1]?.name).toBe('Use ***');
    expect(completion.stepResults?.[1]?.annotations?.[0]).toMatchObject({
      message: 'no ***',
      title: 'for ***',
      path: '***.ts',
    });
    expect(completion.outputs).toEqual({});
    expect(sent()).not.toContain('hunter2-of-mine');
    expect(JSON.stringify([...server.steps.values()])).not.toContain('hunter2-of-mine');
  });

  it('SEM-25.5: a mask lasts for the job, and takes nothing back', async () => {
    await runJob({
      steps: [
        { name: 'adds', run: 'echo "before: thing-one"; echo "::add-mask::thing-one"; echo "after: thing-one"' },
        { name: 'next', run: 'T=thing; echo "next: $T-one"' },
      ],
    });
    expect(server.stepLog('adds')).toContain('before: thing-one');
    expect(server.stepLog('adds')).toContain('after: ***');
    expect(server.stepLog('next')).toContain('next: ***');
  });

  it('SEM-25.1: one of a single character hides that character, and the job goes on', async () => {
    const { conclusions, completion } = await runJob({
      secrets: { ONE: '7' },
      steps: [{ name: 'counts', id: 'c', run: 'seq 6 8; echo "o=8" >> $GITHUB_OUTPUT' }],
      outputs: { o: 'steps.c.outputs.o' },
    });
    expect(conclusions).toEqual(['counts: succeeded']);
    expect(server.stepLog('counts')).toMatch(/Z 6\n\S+Z \*\*\*\n\S+Z 8\n/);
    expect(completion.outputs).toEqual({ o: { value: '8' } });
  });
});

describe('output', () => {
  it('SEM-16.7: what is not UTF-8 shows as replacement characters, and the lines around it stay', async () => {
    const { conclusions } = await runJob({
      steps: [{ name: 'bytes', run: 'printf "before\\na\\377\\376b\\nafter \\303\\251\\n"' }],
    });
    expect(conclusions).toEqual(['bytes: succeeded']);
    expect(server.stepLog('bytes')).toMatch(/Z before\n\S+Z a\uFFFD\uFFFDb\n\S+Z after é\n/);
  });

  it('a single line of 100 MB goes through with memory flat, in pieces', async () => {
    const size = 100_000_000;
    const memory = 'grep VmHWM /proc/$PPID/status';
    const { conclusions } = await runJob({
      steps: [
        { name: 'at first', run: memory },
        { name: 'endless', run: `head -c ${size} /dev/zero | tr '\\0' x` },
        { name: 'at last', run: memory },
      ],
    });
    expect(conclusions).toEqual(['at first: succeeded', 'endless: succeeded', 'at last: succeeded']);
    const peak = (name: string): number => Number(/VmHWM:\s+(\d+) kB/.exec(server.stepLog(name))?.[1]) / 1024;
    expect(peak('at last') - peak('at first')).toBeLessThan(150);
    const log = server.stepLog('endless');
    expect(log.length).toBeGreaterThan(size);
    // Apart from times, the group of the header and line breaks it is all there.
    expect(log.split('\n').reduce((sum, line) => sum + (/Z (x+)$/.exec(line)?.[1]?.length ?? 0), 0)).toBe(size);
  }, 120_000);
});
