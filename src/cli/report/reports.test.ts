import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Finding, type LintReport, RULES } from '../../workflow/lint/index.ts';
import { annotation } from './annotations.ts';
import { lintJson } from './lint-json.ts';
import { lintText } from './lint-text.ts';
import { sarifLog } from './sarif.ts';

const finding: Finding = {
  ...{ file: 'a b/ci.yml', line: 2, column: 5, endColumn: 9, rule: 'script-injection', severity: 'error' },
  ...{ message: 'Bad: 100%,\r\nreally', hint: 'Mend it' },
};
const notice: Finding = { ...finding, line: 9, endColumn: null, severity: 'notice', hint: null, rule: 'no-effect' };
const report: LintReport = { findings: [finding, notice], files: ['a b/ci.yml', 'other.yml'], silenced: 2 };

/** The parts of SARIF 2.1.0 that are used here, as strict as its schema has them. */
const Text = z.strictObject({ text: z.string().min(1) });
const Level = z.enum(['none', 'note', 'warning', 'error']);
const Location = z.strictObject({ uri: z.string().regex(/^[\w%./-]+$/) });
const Region = z.strictObject({
  startLine: z.int().min(1),
  startColumn: z.int().min(1),
  endColumn: z.int().min(1).optional(),
});
const Sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z.tuple([
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.string().min(1),
          version: z.string(),
          rules: z.array(
            z.strictObject({
              id: z.string().min(1),
              shortDescription: Text,
              help: Text,
              defaultConfiguration: z.strictObject({ level: Level }),
            }),
          ),
        }),
      }),
      columnKind: z.enum(['utf16CodeUnits', 'unicodeCodePoints']),
      artifacts: z.array(z.strictObject({ location: Location })),
      results: z.array(
        z.strictObject({
          ruleId: z.string(),
          ruleIndex: z.int().min(0),
          level: Level,
          message: Text,
          locations: z.array(
            z.strictObject({ physicalLocation: z.strictObject({ artifactLocation: Location, region: Region }) }),
          ),
        }),
      ),
    }),
  ]),
});

describe('SARIF', () => {
  it('has the shape of SARIF 2.1.0', () => {
    const log = Sarif.parse(JSON.parse(sarifLog(report, RULES, '1.2.3')));
    const [{ tool, results, artifacts }] = log.runs;
    expect(tool.driver.rules).toHaveLength(RULES.length);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(artifacts.map(({ location }) => location.uri)).toEqual(['a%20b/ci.yml', 'other.yml']);
    expect(results.map(({ level }) => level)).toEqual(['error', 'note']);
    expect(results[0]?.locations[0]?.physicalLocation.region).toEqual({ startLine: 2, startColumn: 5, endColumn: 9 });
  });
});

describe('annotations', () => {
  it('SEM-23.2: escapes what would end a property or the line', () => {
    expect(annotation({ ...finding, file: 'a,b:c.yml' })).toBe(
      '::error file=a%2Cb%3Ac.yml,line=2,endLine=2,col=5,endColumn=9,title=script-injection::' +
        'Bad: 100%25,%0D%0Areally%0AMend it',
    );
  });

  it('SEM-23.7: names no end that is not known', () => {
    expect(annotation(notice)).toBe('::notice file=a b/ci.yml,line=9,col=5,title=no-effect::Bad: 100%25,%0D%0Areally');
  });
});

it('JSON counts by severity', () => {
  const { findings, ...rest } = JSON.parse(lintJson(report));
  expect(findings).toEqual(report.findings);
  expect(rest).toEqual({
    ...{ version: 1, files: report.files, silenced: 2 },
    counts: { error: 1, warning: 0, notice: 1 },
  });
});

describe('text', () => {
  const colors = pc.createColors(false);
  const text = (found: LintReport, lines: string[]): string[] => lintText(found, () => lines, colors);

  it('shows the line with a mark below what is meant, and counts', () => {
    const lines = text({ ...report, findings: [{ ...finding, message: 'Bad' }] }, ['x', '\trun: evil\x1b[2J']);
    expect(lines).toEqual([
      'a b/ci.yml',
      '  2:5  error  Bad  script-injection',
      '    2 │  run: evil',
      '      │     ^^^^',
      '    Mend it',
      '',
      '1 error in 2 files; 2 silenced by comments',
    ]);
  });

  it('shows of a long line what is around the place', () => {
    const long = `${'x'.repeat(300)}HERE${'y'.repeat(300)}`;
    const lines = text({ ...report, findings: [{ ...finding, line: 1, column: 301, endColumn: 305 }] }, [long]);
    const [shown = '', marks = ''] = lines.slice(2, 4);
    expect(shown.length).toBeLessThan(140);
    expect(shown.slice(marks.indexOf('^'), marks.indexOf('^') + 4)).toBe('HERE');
  });

  it('puts the mark below words behind wide letters', () => {
    const lines = text({ ...report, findings: [{ ...finding, line: 1, column: 4, endColumn: 5 }] }, ['시험 x']);
    expect(lines[3]).toBe('      │      ^');
  });

  it('says that there is nothing', () => {
    expect(text({ findings: [], files: ['a.yml'], silenced: 0 }, [])).toEqual(['✓ nothing found in 1 file']);
  });
});
