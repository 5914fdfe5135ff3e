import { errorText, OutsideError, UserError } from '../../common/errors.ts';
import { exampleFor, type Receiver, type Rule, readConfig, send, titleOf } from '../../common/notifications/index.ts';
import { EXIT } from '../failure.ts';
import { printLine, type Terminal } from '../terminal/terminal.ts';

/**
 * Sends what each rule would, one example a rule, without throttling. @returns exit code 1 when a receiver did not take it
 * @throws UserError when there are no rules
 */
export async function tryRules(file: string, to: string | undefined, terminal: Terminal): Promise<number> {
  const config = await readConfig(file);
  if (!config) {
    throw new UserError('no-notifications', `There is no ${file}, so nobody is notified.`, {
      hint: 'See docs/how-to/notifications.md.',
    });
  }
  const rules = config.rules.filter((rule) => to === undefined || rule.to === to);
  if (rules.length === 0) throw new UserError('no-notifications', `${file} has no rule${to ? ` for ${to}` : ''}.`);
  let code: number = EXIT.done;
  for (const rule of rules) {
    const receiver = config.receivers.find(({ name }) => name === rule.to);
    if (receiver && !(await tryRule(rule, receiver, terminal))) code = EXIT.failed;
  }
  return code;
}

async function tryRule(rule: Rule, receiver: Receiver, { out, err, colors }: Terminal): Promise<boolean> {
  const notice = exampleFor(rule);
  const title = `Test: ${titleOf(rule, notice)}`;
  try {
    await send(receiver, { to: receiver.name, title, notices: [notice] }, undefined, new AbortController().signal);
    printLine(out, `${colors.green('✓')} ${receiver.name}: ${title}`);
    return true;
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    printLine(err, `${colors.red('✗')} ${receiver.name}: ${errorText(error)}`);
    return false;
  }
}
