import type { ArcImport, ImportedObject, Note, Outcome } from '../../fleet/import-arc/index.ts';
import { pad, safeText } from '../terminal/format.ts';
import type { Colors } from '../terminal/terminal.ts';

const WORDS: Record<Note['type'], string> = { change: 'changes', lost: 'lost', missing: 'missing', wrong: 'wrong' };
const WIDTH = Math.max(...Object.values(WORDS).map((word) => word.length));

/** Object by object what becomes of it, then what is different for all, then how many of each. */
export function importLines({ objects, everywhere }: ArcImport, colors: Colors): string[] {
  const [leftOut, imported] = [objects.filter(isLeftOut), objects.filter((object) => !isLeftOut(object))];
  return [
    ...imported.flatMap((object) => [...objectLines(object, colors), '']),
    ...section('Not needed here:', leftOut.map(leftOutLine), colors),
    ...section('Different for all of them:', everywhere, colors),
    summary(objects, colors),
  ];
}

/** What is told of the settings of a controller takes more than a line. */
const isLeftOut = ({ outcome, notes }: ImportedObject): boolean => outcome === 'left out' && notes.length === 1;

function objectLines(object: ImportedObject, colors: Colors): string[] {
  const { place, outcome, notes } = object;
  const head = `${painted(outcome, colors)} ${colors.bold(safeText(nameOf(object)))}  ${colors.dim(safeText(place))}`;
  if (notes.length === 0) return [head, '    carries over as it is'];
  return [head, ...notes.map((note) => noteLine(note, colors))];
}

const nameOf = ({ kind, namespace, name }: ImportedObject): string =>
  namespace === '' || namespace === 'default' ? `${kind}/${name}` : `${kind}/${name} in ${namespace}`;

function noteLine({ type, field, message }: Note, colors: Colors): string {
  const word = pad(WORDS[type], WIDTH);
  const shown = type === 'change' ? colors.cyan(word) : type === 'wrong' ? colors.red(word) : colors.yellow(word);
  return `    ${shown}  ${safeText(field === '' ? message : `${field}: ${message}`)}`;
}

const leftOutLine = (object: ImportedObject): string =>
  safeText(`${nameOf(object)}: ${object.notes.map(({ message }) => message).join('; ')}`);

const section = (heading: string, lines: string[], colors: Colors): string[] =>
  lines.length === 0 ? [] : [colors.bold(heading), ...lines.map((line) => `  - ${line}`), ''];

function painted(outcome: Outcome, colors: Colors): string {
  if (outcome === 'refused') return colors.red('✗');
  if (outcome === 'loses') return colors.yellow('!');
  return colors.green('✓');
}

const COUNTED: [Outcome, string][] = [
  ['carries over', 'carried over as they are'],
  ['changed', 'carried over with changes'],
  ['loses', 'losing or missing something'],
  ['refused', 'refused'],
  ['left out', 'not needed'],
];

function summary(objects: ImportedObject[], colors: Colors): string {
  const counts = COUNTED.map(([outcome, words]) => ({
    words,
    count: objects.filter((object) => object.outcome === outcome).length,
  }));
  const told = counts.filter(({ count }) => count > 0).map(({ count, words }) => `${count} ${words}`);
  return colors.bold(`${objects.length} object${objects.length === 1 ? '' : 's'}: ${told.join(', ')}`);
}
