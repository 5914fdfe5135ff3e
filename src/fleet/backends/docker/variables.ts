/** Environment and command line of a container, with references to variables as Kubernetes has them. */
import { z } from 'zod';
import { isReference, isSource, NO_REFERENCE, NO_SOURCE } from '../../resources/variable-references.ts';
import { elementsOf, type Field, read, type Warn } from './fields.ts';

const Variable = z.looseObject({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() });

/** `env` of a container; what is given later wins. References are values by the time that a runner is started. */
export function readVariables(env: Field | undefined, warn: Warn): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const element of elementsOf(env)) {
    const variable = read(Variable, element, warn);
    if (!variable) continue;
    const { valueFrom, value = '' } = variable;
    if (valueFrom === undefined) variables[variable.name] = expand(value, variables);
    else if (!isReference(valueFrom)) warn(`${element.path}.valueFrom`, NO_REFERENCE);
  }
  return variables;
}

/** What `envFrom` names is among the variables by the time that a runner is started. */
export function reviewSources(envFrom: Field | undefined, warn: Warn): void {
  for (const { path, value } of elementsOf(envFrom)) if (!isSource(value)) warn(path, NO_SOURCE);
}

/** `$(NAME)` is the variable's value, `$$` a dollar; what is not known stays as it is. */
export const expand = (text: string, variables: Record<string, string>): string =>
  text.replace(/\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)/g, (found, name: string | undefined) =>
    name === undefined ? '$' : (variables[name] ?? found),
  );

/** `command` in the place of the image's entry point, as an option and the `words` after it; `args` follow. Each may be left to the image. */
export function commandLine(
  command: Field | undefined,
  args: Field | undefined,
  variables: Record<string, string>,
  warn: Warn,
): { entrypoint: string[]; words: string[]; args: string[] } {
  const words = (field: Field | undefined): string[] =>
    (read(z.array(z.string()), field, warn) ?? []).map((word) => expand(word, variables));
  const [program, ...rest] = words(command);
  return {
    entrypoint: program === undefined ? [] : ['--entrypoint', program],
    words: rest,
    args: words(args),
  };
}
