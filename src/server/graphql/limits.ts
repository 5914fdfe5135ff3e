/** What a query may cost at most, known before it runs: fields can lie in one another, and each list multiplies. */
import { type DocumentNode, type FragmentDefinitionNode, GraphQLError, Kind, type SelectionSetNode } from 'graphql';
import { MAX_PAGE } from './resolvers.ts';

/** More than twice what `gh` and the introspection of its tools have. */
const MAX_DEPTH = 20;
/** Of an answer: about ten times what the largest page of `gh repo list` has. */
const MAX_FIELDS = 20_000;
/** What a list of the introspection counts for: most have fewer members, some more. */
const INTROSPECTED = 5;

const CONNECTIONS = ['repositories', 'pullRequests', 'organizations'];
const LISTS = ['types', 'fields', 'inputFields', 'enumValues', 'args', 'possibleTypes', 'interfaces', 'directives'];

interface Size {
  depth: number;
  fields: number;
}

/**
 * @param document a valid one: no fragment leads to itself
 * @throws GraphQLError
 */
export function assertAffordable(document: DocumentNode, variables: Record<string, unknown>): void {
  const { depth, fields } = sizeOf(document, variables);
  if (depth > MAX_DEPTH) {
    throw limited('MAX_DEPTH_EXCEEDED', `The query is ${depth} levels deep; more than ${MAX_DEPTH} are not answered.`);
  }
  if (fields > MAX_FIELDS) {
    const message = `The query asks for up to ${fields} fields; more than ${MAX_FIELDS} are not answered.`;
    throw limited('MAX_NODE_LIMIT_EXCEEDED', message);
  }
}

const limited = (type: string, message: string): GraphQLError => new GraphQLError(message, { extensions: { type } });

function sizeOf(document: DocumentNode, variables: Record<string, unknown>): Size {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  // Else fragments that name others twice would take as long as what they stand for.
  const known = new Map<string, Size>();

  const ofFragment = (name: string): Size => {
    const size = known.get(name) ?? ofSelections(fragments.get(name)?.selectionSet);
    known.set(name, size);
    return size;
  };
  const ofSelections = (set: SelectionSetNode | undefined): Size => {
    const all: Size = { depth: 0, fields: 0 };
    for (const selection of set?.selections ?? []) {
      const one = ofSelection(selection);
      all.depth = Math.max(all.depth, one.depth);
      all.fields += one.fields;
    }
    return all;
  };
  const ofSelection = (selection: SelectionSetNode['selections'][number]): Size => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
    const inner = ofSelections(selection.selectionSet);
    if (selection.kind === Kind.INLINE_FRAGMENT) return inner;
    const name = selection.name.value;
    const first = selection.arguments?.find((argument) => argument.name.value === 'first')?.value;
    const times = CONNECTIONS.includes(name) ? pageOf(first, variables) : LISTS.includes(name) ? INTROSPECTED : 1;
    return { depth: inner.depth + 1, fields: 1 + times * inner.fields };
  };

  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const sizes = operations.map(({ selectionSet }) => ofSelections(selectionSet));
  return {
    depth: Math.max(0, ...sizes.map(({ depth }) => depth)),
    fields: sizes.reduce((sum, { fields }) => sum + fields, 0),
  };
}

/** As large as the resolvers make it. */
function pageOf(
  value: { kind: string; value?: unknown; name?: { value: string } } | undefined,
  variables: Record<string, unknown>,
): number {
  const first = value?.kind === Kind.VARIABLE ? variables[value.name?.value ?? ''] : Number(value?.value);
  // What is no number is refused later, or stands for a whole page.
  if (typeof first !== 'number' || Number.isNaN(first)) return MAX_PAGE;
  return Math.min(Math.max(first, 0), MAX_PAGE);
}
