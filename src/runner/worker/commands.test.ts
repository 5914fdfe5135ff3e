import { describe, expect, it } from 'vitest';
import { parseCommand } from './commands.ts';

describe('parseCommand', () => {
  it('reads name, properties and data, whatever the case and after white space (SEM-23.1)', () => {
    expect(parseCommand('  ::Error file=a.ts,line=3,title=Oh no::it broke')).toEqual({
      name: 'error',
      properties: { file: 'a.ts', line: '3', title: 'Oh no' },
      data: 'it broke',
    });
  });

  it('reads the old form anywhere in a line (SEM-23.1)', () => {
    expect(parseCommand('text ##[warning file=a;line=2]careful')).toEqual({
      name: 'warning',
      properties: { file: 'a', line: '2' },
      data: 'careful',
    });
  });

  it.each([
    '::unknown::x',
    'a::error::x',
    '::error',
    ':: ::',
    'plain',
    '##[command]git',
  ])('takes %s as plain output', (line) => {
    expect(parseCommand(line)).toBeUndefined();
  });

  it('unescapes data and properties, percent last (SEM-23.2)', () => {
    const command = parseCommand('::notice title=a%3Ab%2Cc%250A::1%0A2%0D3%253A%3A');
    expect(command?.properties.title).toBe('a:b,c%0A');
    expect(command?.data).toBe('1\n2\r3%3A%3A');
  });
});
