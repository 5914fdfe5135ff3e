import { UserError } from '../../common/errors.ts';

/**
 * The name of a secret or variable as it is stored: names ignore case (SEM-22.5).
 * @throws UserError 422
 */
export function settingName(text: string): string {
  if (/^(?!GITHUB_)[A-Z_][A-Z0-9_]{0,254}$/i.test(text)) return text.toUpperCase();
  throw new UserError('bad-name', `"${text.slice(0, 100)}" cannot be the name of a secret or variable.`, {
    hint: 'Use letters, digits and "_"; it may not start with a digit or with GITHUB_.',
  });
}
