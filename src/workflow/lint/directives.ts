/**
 * `# switchyard: ignore RULE[,RULE] reason` silences a rule on its line and on the next line that is no comment.
 * Looked for in the text itself, so that it also works as a comment of a script.
 */
import type { SourcePlace } from './finding.ts';

export interface Directive {
  rules: string[];
  /** Of the comment. */
  line: number;
  column: number;
}

const DIRECTIVE = /(?:^|\s)#\s*switchyard:\s*ignore\s+([a-z][a-z0-9-]*(?:\s*,\s*[a-z][a-z0-9-]*)*)/i;

export function directivesIn(lines: string[]): Directive[] {
  return lines.flatMap((text, index) => {
    const match = DIRECTIVE.exec(text);
    if (!match) return [];
    const rules = (match[1] ?? '').split(',').map((rule) => rule.trim().toLowerCase());
    return [{ rules, line: index + 1, column: text.indexOf('#', match.index) + 1 }];
  });
}

/** Whether a comment silences the rule at a place: on its line, above it, or there where its value begins. */
export function isSilenced(rule: string, place: SourcePlace, directives: Directive[], lines: string[]): boolean {
  const covered = new Set([place.line, place.valueLine ?? place.line].flatMap((line) => linesFor(line, lines)));
  return directives.some((directive) => directive.rules.includes(rule) && covered.has(directive.line));
}

const COMMENT = /^\s*#/;

/** The line itself and the comments right above it. */
function linesFor(line: number, lines: string[]): number[] {
  const found = [line];
  for (let above = line - 1; above >= 1 && COMMENT.test(lines[above - 1] ?? ''); above--) found.push(above);
  return found;
}
