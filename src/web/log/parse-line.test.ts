import { expect, test } from 'vitest';
import { ansiToHtml } from './line-text.tsx';
import { parseLogLine, stripAnsi } from './parse-line.ts';

const at = '2026-01-01T00:00:00.1234567Z';

test('takes the time off, whatever its precision, and the mark that starts a file', () => {
  expect(parseLogLine(`${at} hello`)).toEqual({ timestamp: at, text: 'hello', kind: 'plain' });
  expect(parseLogLine('\uFEFF2026-01-01T00:00:00Z hello')).toMatchObject({
    timestamp: '2026-01-01T00:00:00Z',
    text: 'hello',
  });
  expect(parseLogLine(`${at}`)).toMatchObject({ text: '' });
  expect(parseLogLine('no time')).toEqual({ timestamp: '', text: 'no time', kind: 'plain' });
});

test.each(['group', 'endgroup', 'error', 'warning', 'notice', 'debug', 'command'])('knows ##[%s]', (kind) => {
  expect(parseLogLine(`${at} ##[${kind}]text`)).toEqual({ timestamp: at, text: 'text', kind });
});

test('knows a mark only at the start of the line, and without ## only [command]', () => {
  expect(parseLogLine(`${at} say ##[error]x`).kind).toBe('plain');
  expect(parseLogLine(`${at} [error]x`)).toMatchObject({ kind: 'plain', text: '[error]x' });
  expect(parseLogLine(`${at} [command]/usr/bin/git`)).toMatchObject({ kind: 'command', text: '/usr/bin/git' });
});

test('shows what a progress bar drew last', () => {
  expect(parseLogLine(`${at} 10%\r50%\r100%\r`).text).toBe('100%');
});

test('takes colours and links off for the search', () => {
  expect(stripAnsi('\x1b[1;31mred\x1b[0m \x1b]8;;http://x/\x07link\x1b]8;;\x07')).toBe('red link');
});

test('colours by class names and escapes everything a log can hold', () => {
  expect(ansiToHtml('\x1b[31m<img src=x onerror=alert(1)>&\x1b[0m')).toBe(
    '<span class="ansi-red-fg">&lt;img src=x onerror=alert(1)&gt;&amp;</span>',
  );
});

test('makes no link to anything but http', () => {
  expect(ansiToHtml('\x1b]8;;javascript:alert(1)\x1b\\x\x1b]8;;\x1b\\')).not.toContain('href');
  expect(ansiToHtml('\x1b]8;;http://h/"onclick="x\x1b\\x\x1b]8;;\x1b\\')).not.toContain('"onclick');
});
