/**
 * Names of branches and tags against patterns of deployment policies (SEM-12.3), which GitHub compares as Ruby's
 * `File.fnmatch` with FNM_PATHNAME does: `*` and `?` do not match `/`, `**` followed by `/` stands for any number of
 * parts, `[a-z]` and `[^a-z]` for one character, and `\` takes a character as it is. Another dialect than that of the
 * filters of `on` (globs.ts). Takes time in proportion to pattern times name, whatever the pattern.
 */
export function matchesRefPattern(pattern: string, name: string): boolean {
  const wanted = pattern.split('/');
  // Parts of the pattern that the next part of the name may stand at.
  let reached = skipParents(wanted, new Set([0]));
  for (const part of name.split('/')) {
    const next = new Set<number>();
    for (const at of reached) {
      if (isParents(wanted, at)) next.add(at);
      else if (at < wanted.length && matchesPart(wanted[at] ?? '', part)) next.add(at + 1);
    }
    reached = skipParents(wanted, next);
  }
  return reached.has(wanted.length);
}

/** `**` as the last part means no more than `*`. */
const isParents = (wanted: string[], at: number): boolean => wanted[at] === '**' && at < wanted.length - 1;

/** `**` may stand for no part at all. */
function skipParents(wanted: string[], reached: Set<number>): Set<number> {
  // A set that grows while it is walked is walked to its new end.
  for (const at of reached) if (isParents(wanted, at)) reached.add(at + 1);
  return reached;
}

type Piece = 'any' | ((character: string) => boolean);

/** When a piece does not fit, the last `*` takes one character more: nothing before it needs to be tried again. */
function matchesPart(pattern: string, part: string): boolean {
  const pieces = piecesOf(pattern);
  const characters = [...part];
  let [at, piece, star, taken] = [0, 0, -1, 0];
  while (at < characters.length) {
    const test = pieces[piece];
    if (test === 'any') {
      star = piece++;
      taken = at;
    } else if (test?.(characters[at] ?? '')) {
      at++;
      piece++;
    } else if (star >= 0) {
      piece = star + 1;
      at = ++taken;
    } else return false;
  }
  return pieces.slice(piece).every((rest) => rest === 'any');
}

/** A set in brackets, an escaped character, or one as it is. */
const PIECE = /\[[!^]?(?:\\.|[^\]\\])+\]|\\?./gsu;

const piecesOf = (pattern: string): Piece[] => (pattern.match(PIECE) ?? []).map(pieceOf);

function pieceOf(text: string): Piece {
  if (text === '*') return 'any';
  if (text === '?') return () => true;
  // A bracket that is not closed matches nothing.
  if (text === '[') return () => false;
  if (text.startsWith('[')) return setOf(text.slice(1, -1));
  const wanted = unescaped(text);
  return (character) => character === wanted;
}

/** `x`, or `x-z` */
const MEMBER = /(\\?.)(?:-(\\?.))?/gsu;

function setOf(body: string): (character: string) => boolean {
  const isNegated = /^[!^]/.test(body);
  const ranges = [...body.slice(isNegated ? 1 : 0).matchAll(MEMBER)].map(([, first = '', last = first]) => ({
    first: unescaped(first),
    last: unescaped(last),
  }));
  return (character) => ranges.some(({ first, last }) => first <= character && character <= last) !== isNegated;
}

const unescaped = (text: string): string => text.replace(/^\\(?=.)/su, '');
