/** A Deployment of one of ARC's controllers: what its words and variables become. Pure. */
import type { ControllerDefaults } from './controller-defaults.ts';
import { CONTROLLER_SETTINGS, LEGACY_SETTINGS, POD_FLAGS, type SettingNote } from './controller-settings.ts';
import { at, type Fields, isFields, type Note } from './types.ts';

export interface ControllerPod {
  /** About each setting that is not a default. No value of a setting is in any. */
  notes: Note[];
  defaults: ControllerDefaults;
}

/** The programs of ARC's images, and the images whose program is called like many others'. */
const OWN_PROGRAMS = ['/github-webhook-server', '/actions-metrics-server'];
const IMAGES = /(?:^|\/)(?:actions-runner-controller|gha-runner-scale-set-controller)(?:[:@]|$)/;

const SETTINGS = [...LEGACY_SETTINGS, ...CONTROLLER_SETTINGS];

/** Whether a Deployment is one of a controller of ARC. */
export const isController = (object: unknown): boolean => containersOf(object).length > 0;

/** @returns undefined for another Deployment */
export function controllerPod(object: unknown): ControllerPod | undefined {
  const containers = containersOf(object);
  if (containers.length === 0) return undefined;
  const flags = containers.flatMap(({ container, path }) => flagsOf(container, path));
  const variables = containers.flatMap(({ container, path }) => variablesOf(container, path));
  const podFlags = flags.filter(({ name }) => POD_FLAGS.has(name));
  const told = [
    ...flags.filter(({ name }) => !POD_FLAGS.has(name)).flatMap(flagNote),
    ...variables.flatMap(variableNote),
  ];
  const ofPod = podFlags.map(({ name }) => `--${name}`).join(', ');
  const rest: Note = { type: 'change', field: ofPod, message: 'left out: about the pod of the controller' };
  return { notes: withoutRepeats(podFlags.length > 0 ? [...told, rest] : told), defaults: defaultsOf(flags) };
}

/** An App has three settings, and two programs may be told the same. */
const withoutRepeats = (notes: Note[]): Note[] =>
  [...new Map(notes.toReversed().map((one) => [one.message, one])).values()].toReversed();

function containersOf(object: unknown): { container: Fields; path: string }[] {
  const path = 'spec.template.spec.containers';
  const list = at(object, ...path.split('.'));
  if (at(object, 'kind') !== 'Deployment' || !Array.isArray(list)) return [];
  return list.flatMap((container, index) =>
    isFields(container) && isProgram(container) ? [{ container, path: `${path}[${index}]` }] : [],
  );
}

const isProgram = ({ command, image }: Fields): boolean =>
  OWN_PROGRAMS.includes(String(textsOf(command)[0])) || (typeof image === 'string' && IMAGES.test(image));

interface Flag {
  name: string;
  value: string;
  field: string;
}

/** As Go reads them: `--name=value`, `--name value`, and `--name` alone for true. */
function flagsOf({ args, command }: Fields, path: string): Flag[] {
  const words = [...textsOf(command), ...textsOf(args)];
  return words.flatMap((word, index) => {
    const [, name, own] = /^--?([a-z][a-z\d-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) return [];
    const next = words[index + 1];
    const value = own ?? (next === undefined || next.startsWith('-') ? 'true' : next);
    return [{ name, value, field: `${path}.args[--${name}]` }];
  });
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

function flagNote({ name, value, field }: Flag): Note[] {
  const setting = SETTINGS.find(({ flag }) => flag === name);
  if (!setting) return [{ type: 'lost', field, message: 'has no effect: no flag of ARC that is known here' }];
  return noteOf(setting, value, field);
}

interface Variable {
  name: string;
  value: unknown;
  /** The Secret that holds it, if it is there. */
  secret?: string;
  isOptional?: boolean;
  field: string;
}

function variablesOf({ env }: Fields, path: string): Variable[] {
  if (!Array.isArray(env)) return [];
  return env.flatMap((one) => {
    if (!isFields(one) || typeof one.name !== 'string') return [];
    const reference = at(one, 'valueFrom', 'secretKeyRef');
    const secret = at(reference, 'name');
    const held = typeof secret === 'string' ? { secret, isOptional: at(reference, 'optional') === true } : {};
    return [{ name: one.name, value: one.value, ...held, field: `${path}.env[${one.name}]` }];
  });
}

/** What the cluster itself puts into a pod. */
const OF_CLUSTER = /^(?:CONTROLLER_MANAGER_|KUBERNETES_|POD_)/;

function variableNote({ name, value, secret, isOptional, field }: Variable): Note[] {
  const setting = SETTINGS.find(({ variable }) => variable === name);
  // The chart names every key that there could be.
  if (isOptional && setting?.type === 'lost') return [];
  if (setting) {
    const notes = noteOf(setting, value ?? secret ?? '', field);
    return notes.map((note) => (secret ? { ...note, message: `${note.message} (the Secret ${secret} has it)` } : note));
  }
  if (OF_CLUSTER.test(name)) return [];
  return [{ type: 'lost', field, message: "not carried over: set it for the fleet's own process if that needs it" }];
}

function noteOf({ unless, type, message }: SettingNote, value: unknown, field: string): Note[] {
  return unless.includes(value) ? [] : [{ type, field, message }];
}

function defaultsOf(flags: readonly Flag[]): ControllerDefaults {
  const given = (name: string): string | undefined => flags.find((flag) => flag.name === name)?.value || undefined;
  const [scaleDownDelay, registryMirror] = [given('default-scale-down-delay'), given('docker-registry-mirror')];
  const labels = given('common-runner-labels')
    ?.split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '');
  return {
    ...(scaleDownDelay && scaleDownDelay !== '10m' && { scaleDownDelay }),
    ...(registryMirror && { registryMirror }),
    ...(labels && { labels }),
  };
}
