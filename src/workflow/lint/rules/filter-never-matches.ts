import type { TemplateToken } from '../../../protocol/runner/tokens.ts';
import { isSequenceToken, literalText, literalTexts, member, membersOf } from '../../tokens.ts';
import type { Found, Rule } from '../finding.ts';
import { placeOf } from '../lint-file.ts';

/** SEM-3.4, 3.8 */
export const filterNeverMatches: Rule = {
  id: 'filter-never-matches',
  severity: 'warning',
  summary: 'A filter under `on` cannot match anything.',
  hint: 'Branches and tags are named without refs/heads/ and refs/tags/, paths without ./ or / in front.',
  check: ({ root }) =>
    membersOf(member(root, 'on')).flatMap(({ value }) =>
      membersOf(value).flatMap(({ name, value: patterns }) => ofFilter(name, patterns)),
    ),
};

const FILTER = /^(branches|tags|paths)(-ignore)?$/;

function ofFilter(name: string, patterns: TemplateToken): Found[] {
  const [, kind, ignore] = FILTER.exec(name) ?? [];
  if (kind === undefined) return [];
  const items = isSequenceToken(patterns) ? patterns.seq : [patterns];
  const found = items.flatMap((item) => ofPattern(kind, item));
  const texts = literalTexts(patterns);
  if (ignore === undefined && isOnlyNegative(texts)) {
    const message = `${name} holds only patterns that take away (!), so it selects nothing.`;
    found.push({
      place: placeOf(patterns),
      message,
      hint: `Begin with what to take away from: '**', or use ${name}-ignore.`,
    });
  }
  return found;
}

function ofPattern(kind: string, token: TemplateToken): Found[] {
  const pattern = literalText(token)?.replace(/^!/, '') ?? '';
  const isWrong = kind === 'paths' ? /^\.{0,2}\//.test(pattern) : /^\/?refs\/(heads|tags)\//.test(pattern);
  if (!isWrong) return [];
  const problem =
    kind === 'paths' ? 'paths begin at the root of the repository, without ./ or /' : 'names have no refs/ in front';
  return [{ place: placeOf(token), message: `The pattern '${pattern}' matches nothing: ${problem}.` }];
}

/** `!**` alone is a way to say: none at all. */
const isOnlyNegative = (texts: string[]): boolean =>
  texts.length > 0 && texts.every((text) => text.startsWith('!')) && !texts.every((text) => /^!\*+$/.test(text));
