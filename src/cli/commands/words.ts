/** What the words of a command's arguments mean. */
import { type Input, UsageError } from '../command.ts';

/** The word that says what a command such as `user` is to do. @throws UsageError */
export function actionOf<Action extends string>(input: Input, actions: readonly Action[]): Action {
  const word = input.argument(0) ?? '';
  const action = actions.find((known) => known === word);
  if (action) return action;
  throw new UsageError(`"${word}" is none of ${actions.join(', ')}.`);
}

/** An argument that the action cannot do without. @throws UsageError */
export function wanted(input: Input, index: number, what: string): string {
  const word = input.argument(index);
  if (word !== undefined) return word;
  throw new UsageError(`Give ${what}.`);
}

/** @throws UsageError unless the text is of the form OWNER/NAME */
export function ownerAndName(text: string): [owner: string, name: string] {
  const [owner = '', name = '', ...rest] = text.split('/');
  if (owner !== '' && name !== '' && rest.length === 0 && !/\s/.test(text)) return [owner, name];
  throw new UsageError(`"${text}" is not of the form OWNER/NAME.`);
}
