/** The options of `config` and `remove`, from arguments and from ACTIONS_RUNNER_INPUT_… (runner-protocol 1.2). */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { errorText, UserError } from '../../../common/errors.ts';

export interface ConfigOptions {
  root: string;
  url: string | undefined;
  token: string | undefined;
  /** Personal access token, to ask for a registration token with. */
  pat: string | undefined;
  name: string | undefined;
  labels: string[] | undefined;
  hasDefaultLabels: boolean;
  runnerGroup: string | undefined;
  work: string | undefined;
  isEphemeral: boolean;
  replaces: boolean;
  disablesUpdate: boolean;
  isUnattended: boolean;
}

export interface RemoveOptions {
  root: string;
  token: string | undefined;
  pat: string | undefined;
  isLocal: boolean;
  isUnattended: boolean;
}

const MAX_LABEL = 256;
const MAX_NAME = 64;

/** @throws UserError `usage` */
export function configOptions(args: string[], inputs: Record<string, string>): ConfigOptions {
  const given = read(
    args,
    inputs,
    ['root', 'url', 'token', 'pat', 'name', 'labels', 'runnergroup', 'work'],
    ['no-default-labels', 'ephemeral', 'replace', 'disableupdate', 'unattended'],
  );
  const options = {
    root: resolve(given.text('root') ?? '.'),
    url: given.text('url'),
    token: given.text('token'),
    pat: given.text('pat'),
    name: given.text('name'),
    labels: readLabels(given.text('labels')),
    hasDefaultLabels: !given.flag('no-default-labels'),
    runnerGroup: given.text('runnergroup'),
    work: given.text('work'),
    isEphemeral: given.flag('ephemeral'),
    replaces: given.flag('replace'),
    disablesUpdate: given.flag('disableupdate'),
    isUnattended: given.flag('unattended'),
  };
  if (options.name !== undefined) checkName(options.name);
  if (!options.hasDefaultLabels && (options.labels ?? []).length === 0) {
    throw usage('--no-default-labels leaves the runner without labels: --labels is missing.');
  }
  return options;
}

/** @throws UserError `usage` */
export function removeOptions(args: string[], inputs: Record<string, string>): RemoveOptions {
  const given = read(args, inputs, ['root', 'token', 'pat'], ['local', 'unattended']);
  return {
    root: resolve(given.text('root') ?? '.'),
    token: given.text('token'),
    pat: given.text('pat'),
    isLocal: given.flag('local'),
    isUnattended: given.flag('unattended'),
  };
}

/** @throws UserError `usage` */
export function checkName(name: string): void {
  if (name.length > MAX_NAME) throw usage(`--name is ${name.length} characters long; ${MAX_NAME} are allowed.`);
}

/** Undefined where none were given; equal ones count once, without case (SEM-13.2). @throws UserError `usage` */
export function readLabels(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const labels = text.split(',').map((label) => label.trim());
  const unique = new Map(
    labels
      .filter(Boolean)
      .reverse()
      .map((label) => [label.toLowerCase(), label]),
  );
  const long = [...unique.values()].find((label) => label.length > MAX_LABEL);
  if (long !== undefined)
    throw usage(`A label of --labels is ${long.length} characters long; ${MAX_LABEL} are allowed.`);
  return [...unique.values()].reverse();
}

interface Given {
  text(name: string): string | undefined;
  flag(name: string): boolean;
}

/** Arguments count before the environment; an empty text counts as none. */
function read(args: string[], inputs: Record<string, string>, texts: string[], flags: string[]): Given {
  const values = parse(args, texts, flags);
  return {
    text: (name) => (values[name] as string | undefined) || inputs[name] || undefined,
    // A shell's variables cannot have dashes in their names.
    flag: (name) => values[name] === true || isTrue(inputs[name] ?? inputs[name.replaceAll('-', '_')]),
  };
}

function parse(args: string[], texts: string[], flags: string[]): Record<string, string | boolean | undefined> {
  const option = (type: 'string' | 'boolean') => (name: string) => [name, { type }] as const;
  try {
    const options = Object.fromEntries([...texts.map(option('string')), ...flags.map(option('boolean'))]);
    return parseArgs({ args, options }).values as Record<string, string | boolean | undefined>;
  } catch (error) {
    throw usage(errorText(error));
  }
}

const isTrue = (text: string | undefined): boolean => /^(1|true|y|yes)$/i.test(text ?? '');

export const usage = (message: string): UserError =>
  new UserError('usage', message, { hint: 'See switchyard runner --help.' });
