import { type Command, UsageError } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printLine } from '../terminal/terminal.ts';
import { dataFolderOf, dataOption } from './options.ts';
import { actionOf } from './words.ts';

const ACTIONS = ['test', 'seal'] as const;

export const notifyCommand: Command = {
  name: 'notify',
  summary: 'try who is notified of what, and seal the secrets for it',
  description:
    'test reads notifications.yaml of the data folder and sends each receiver of a rule one notification, made up for\n' +
    'that rule. seal reads a secret from standard input, such as the URL of a webhook, and prints what stands for it in\n' +
    'the file: only the key in the data folder opens it.',
  arguments: [{ name: 'action', what: 'test or seal', required: true, choices: ACTIONS }],
  options: [{ flags: '--to <name>', what: 'of test: only this receiver' }, dataOption],
  examples: [
    { what: 'try all rules', command: 'switchyard notify test' },
    { what: 'seal a URL', command: 'switchyard notify seal < url.txt' },
  ],
  async run(input, terminal) {
    const action = actionOf(input, ACTIONS);
    const { notificationsFile } = await import('../platform/programs.ts');
    const file = notificationsFile(dataFolderOf(input));
    if (action === 'test') {
      const { tryRules } = await import('../notify/try-rules.ts');
      return tryRules(file, input.text('to'), terminal);
    }
    if (input.text('to') !== undefined) throw new UsageError('--to is for test.');
    const { readSecret } = await import('../terminal/secret-input.ts');
    const { sealed } = await import('../../common/notifications/index.ts');
    printLine(terminal.out, await sealed(file, await readSecret('Secret', terminal.err)));
    return EXIT.done;
  },
};
