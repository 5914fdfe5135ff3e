/** `container` and `services` of a job: SEM-14.1, SEM-22.4. */
import { UserError } from '../../../common/errors.ts';
import type { Json, TemplateToken } from '../../../protocol/runner/tokens.ts';
import { TokenType } from '../../../protocol/runner/tokens.ts';
import { evaluateTemplate, isObject, type Scope, toText } from '../../../workflow/expressions/index.ts';
import { splitWords } from './words.ts';

export interface ContainerSpec {
  image: string;
  credentials: { username: string; password: string } | undefined;
  env: Record<string, string>;
  /** As `docker create -p` takes them. */
  ports: string[];
  /** As `docker create -v` takes them. */
  volumes: string[];
  /** Further options of `docker create`, a word each. */
  options: string[];
  /** Of services only. */
  entrypoint: string | undefined;
  command: string[];
}

export interface ServiceSpec {
  alias: string;
  /** Undefined: its image is empty, and it is left out. */
  container: ContainerSpec | undefined;
}

const BASE = ['github', 'needs', 'strategy', 'matrix', 'vars', 'inputs'];
const CONTEXTS: Record<string, string[]> = {
  credentials: [...BASE, 'env', 'secrets'],
  env: [...BASE, 'job', 'runner', 'env', 'secrets'],
};

/**
 * @returns undefined when the job has no container, also for an empty image
 * @throws UserError `bad-container`; ExpressionError
 */
export function readJobContainer(token: TemplateToken, scope: Scope): ContainerSpec | undefined {
  return readContainer('container', evaluateParts(token, scope), ['--entrypoint']);
}

/** In their order. @throws UserError `bad-container`; ExpressionError */
export function readServices(token: TemplateToken, scope: Scope): ServiceSpec[] {
  const services = isMapping(token)
    ? token.map.map(({ Key, Value }) => [toText(evaluateTemplate(Key, scope)), evaluateParts(Value, scope)] as const)
    : Object.entries(mapping('services', evaluateTemplate(token, limited(scope, BASE))));
  return services.map(([alias, value]) => {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(alias)) throw bad(`"${alias}" cannot be the name of a service`);
    return { alias, container: readContainer(`services.${alias}`, value, []) };
  });
}

/** Each part with the contexts that it may use, where the parts show before they are evaluated. */
function evaluateParts(token: TemplateToken, scope: Scope): Json {
  if (!isMapping(token)) return evaluateTemplate(token, limited(scope, BASE));
  const parts = token.map.map(({ Key, Value }): [string, Json] => {
    const name = toText(evaluateTemplate(Key, limited(scope, BASE)));
    return [name, evaluateTemplate(Value, limited(scope, CONTEXTS[name.toLowerCase()] ?? BASE))];
  });
  return Object.fromEntries(parts);
}

const isMapping = (token: TemplateToken): token is Extract<TemplateToken, { type: 2 }> =>
  typeof token === 'object' && token?.type === TokenType.mapping;

const limited = ({ contexts, caseSensitive }: Scope, names: string[]): Scope => ({
  contexts: Object.fromEntries(names.map((name) => [name, contexts[name] ?? null])),
  caseSensitive,
});

function readContainer(where: string, value: Json, refused: string[]): ContainerSpec | undefined {
  if (value === null) return undefined;
  const given = isObject(value) ? lowerCased(value) : { image: value };
  const image = text(`${where}.image`, given.image)
    .trim()
    .replace(/^docker:\/\//, '');
  if (image === '') return undefined;
  if (image.startsWith('-')) throw bad(`${where}.image is "${image}"`);
  const options = splitWords(text(`${where}.options`, given.options));
  refuse(where, options, ['--network', '--net', ...refused]);
  return {
    image,
    credentials: credentials(where, given.credentials),
    env: texts(`${where}.env`, given.env),
    ports: list(`${where}.ports`, given.ports),
    volumes: list(`${where}.volumes`, given.volumes),
    options,
    entrypoint: text(`${where}.entrypoint`, given.entrypoint) || undefined,
    command: splitWords(text(`${where}.command`, given.command)),
  };
}

const lowerCased = (value: { [key: string]: Json }): { [key: string]: Json } =>
  Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]));

function refuse(where: string, options: string[], refused: string[]): void {
  const found = options.find((word) => refused.includes(word.split('=', 1)[0] ?? ''));
  if (found !== undefined) throw bad(`${where}.options has ${found.split('=', 1)[0]}, which is not supported`);
}

function credentials(where: string, value: Json | undefined): ContainerSpec['credentials'] {
  const { username = '', password = '' } = texts(`${where}.credentials`, value);
  if (username === '' && password === '') return undefined;
  if (username !== '' && password !== '') return { username, password };
  throw bad(`${where}.credentials need both username and password, and one of them is empty`);
}

function text(where: string, value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') throw bad(`${where} must be a text`);
  return toText(value);
}

function list(where: string, value: Json | undefined): string[] {
  if (value === undefined || value === null || value === '') return [];
  if (!Array.isArray(value)) throw bad(`${where} must be a list`);
  return value.map((item) => text(`an entry of ${where}`, item)).filter((item) => item !== '');
}

function texts(where: string, value: Json | undefined): Record<string, string> {
  if (value === undefined || value === null || value === '') return {};
  const members = Object.entries(mapping(where, value));
  return Object.fromEntries(members.map(([name, member]) => [name, text(`${where}.${name}`, member)]));
}

function mapping(where: string, value: Json): { [key: string]: Json } {
  if (value === null || value === '') return {};
  if (isObject(value)) return value;
  throw bad(`${where} must be a mapping`);
}

const bad = (what: string): UserError => new UserError('bad-container', `${what}.`);
