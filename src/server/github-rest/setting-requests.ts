/** What requests about secrets and variables have in common, whomever they belong to. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';

/** SEM-30 */
const MAX_BYTES = 48 * 1024;

/** @throws UserError 422 */
export function settingValue(text: string): string {
  if (Buffer.byteLength(text) <= MAX_BYTES) return text;
  throw new UserError('value-too-large', 'The value of a secret or variable has at most 48 KiB.');
}

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

const NameParams = z.object({ name: z.string() });

/** The name in the path, checked where a setting may be made. */
export const nameInPath = ({ params }: FastifyRequest): string => NameParams.parse(params).name.toUpperCase();
