import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printLine } from '../terminal/terminal.ts';

export const exprCommand: Command = {
  name: 'expr',
  summary: 'evaluate one expression, and say what kind of value it gives',
  description:
    'Prints {"kind": …, "value": …} as JSON, or {"error": …} with the stage (parse or evaluate) and the position.\n' +
    'The contexts in the file of --context have its values; all others that GitHub knows are null. success() and its\n' +
    'like follow job.status of the file; without it nothing has failed.',
  arguments: [{ name: 'expression', what: 'with or without ${{ }}; text around it makes a text', required: true }],
  options: [
    { flags: '--context <file>', what: 'JSON file: {"github": {"ref": "refs/heads/main"}}; - for standard input' },
    { flags: '--json', what: 'say errors as JSON only, with nothing on standard error' },
  ],
  examples: [
    { what: 'without any context', command: `switchyard expr "fromJSON('[1, 2]')[1] == '2'"` },
    {
      what: 'with values',
      command: `switchyard expr "startsWith(github.ref, 'refs/tags/')" --context context.json`,
    },
  ],
  async run(input, terminal) {
    const { readJsonObject } = await import('../files/json-file.ts');
    const { evaluateText } = await import('../expr/evaluate-text.ts');
    const file = input.text('context');
    const outcome = evaluateText(
      input.argument(0) ?? '',
      file === undefined ? {} : await readJsonObject(file, 'contexts'),
    );
    printLine(terminal.out, JSON.stringify(outcome));
    if (!('error' in outcome)) return EXIT.done;
    const { stage, position, message } = outcome.error;
    const at = position === null ? '' : ` at position ${position}`;
    if (!input.flag('json')) {
      printLine(terminal.err, `${terminal.colors.red('error:')} cannot ${stage} it${at}: ${message}`);
    }
    return EXIT.failed;
  },
};
