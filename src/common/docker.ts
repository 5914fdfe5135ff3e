/** What runner and fleet both know about the `docker` program. Each starts it in its own way. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './errors.ts';
import { newGuid } from './ids.ts';

/**
 * Names that the client or what loads it would take for its own. Their values go through a file that only we can
 * read; all others through the client's environment, so that none shows in the list of processes (SEM-14.4).
 */
const CLIENTS_OWN = /^(?:PATH|HOME|(?:DOCKER|LD|GO|SSL_CERT|BUILDX|BUILDKIT|OTEL)_?.*|.*_PROXY)$/i;

/** Stands in arguments for the options that hand variables over. */
export const VARIABLES = '\0variables';

export interface Handover {
  args: string[];
  /** For the client, beside its own. */
  environment: Record<string, string>;
  /** Call it when the client has ended. */
  close(): void;
}

/**
 * Hands variables of a container to the client without showing their values to others.
 * @param args with `VARIABLES` where the options go
 * @param folder for a file that lives as long as the call
 * @throws UserError `bad-container` for a value that a container cannot be given
 */
export function handOver(args: string[], variables: Record<string, string>, folder: string): Handover {
  const environment: Record<string, string> = {};
  const inFile: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    if (!CLIENTS_OWN.test(name)) environment[name] = value;
    else if (!/[\r\n]/.test(value)) inFile.push(`${name}=${value}`);
    else
      throw new UserError('bad-container', `The value of ${name} has a line break, which a container cannot be given.`);
  }
  const named = Object.keys(environment).flatMap((name) => ['-e', name]);
  const withOptions = (options: string[]): string[] =>
    args.flatMap((argument) => (argument === VARIABLES ? options : argument));
  if (inFile.length === 0) return { args: withOptions(named), environment, close: () => undefined };
  const file = join(folder, `docker-${newGuid()}.env`);
  writeFileSync(file, `${inFile.join('\n')}\n`, { mode: 0o600 });
  return {
    args: withOptions(['--env-file', file, ...named]),
    environment,
    close: () => rmSync(file, { force: true }),
  };
}

/** Whether it said that a container, network, image or volume is not there. */
export const isAbsence = (printed: string): boolean =>
  /no such (?:container|network|image|object|volume)|network \S+ not found/i.test(printed);

/** Whether a registry has answered a pull with no: asking again, or taking an image of this machine, would be wrong. */
export const isRegistrysNo = (printed: string): boolean =>
  /denied|unauthorized|authentication required|not found|manifest unknown|invalid reference|no basic auth/i.test(
    printed,
  );

/** Option `--mount` of a folder or file, which unlike `-v` does not make what is missing. */
export function mountOption(source: string, target: string, isReadOnly = false): string {
  return mountFields(['type=bind', `source=${source}`, `target=${target}`, ...(isReadOnly ? ['readonly'] : [])]);
}

/** Fields of option `--mount`, which are comma-separated values. */
export const mountFields = (fields: string[]): string =>
  fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
