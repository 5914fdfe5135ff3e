import { directivesIn } from '../directives.ts';
import type { Rule } from '../finding.ts';

/** A slip in the name of a rule silences nothing, and nobody would notice. @param rules given late: this is one of them */
export const unknownRule = (rules: () => Rule[]): Rule => ({
  id: 'unknown-rule',
  severity: 'warning',
  summary: 'A comment is to silence a rule that does not exist, so it silences nothing.',
  hint: 'The rules are listed by: switchyard lint --rules',
  check({ source }) {
    const known = rules().map(({ id }) => id);
    return directivesIn(source.lines).flatMap(({ rules: named, line, column }) => {
      const unknown = named.filter((rule) => !known.includes(rule));
      return unknown.map((rule) => ({ place: { line, column }, message: `There is no rule ${rule}.` }));
    });
  },
});
