import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormatsModule from 'ajv-formats';
import { completeSchema, namedSchema, type Operation, operationOf, responseOf, type Schema } from './description.ts';

// The package says it is CommonJS with a default export.
const addFormats = addFormatsModule as unknown as typeof addFormatsModule.default;
const ajv = addFormats(new Ajv({ strict: false, allErrors: true, verbose: true, logger: false }));
const validators = new Map<unknown, ValidateFunction>();

export interface RestAnswer {
  method: string;
  /** As it is registered, with the prefix. */
  route: string;
  status: number;
  /** Undefined for a stream, whose content is not looked at. */
  text: string | undefined;
}

/** What is wrong with an answer by GitHub's own description; nothing for a route that GitHub does not have. */
export function problemsOf({ method, route, status, text }: RestAnswer): string[] {
  if (status >= 400)
    return bodyProblems(
      validatorOf('basic-error', () => namedSchema('basic-error')),
      text,
    );
  const operation = operationOf(method, route);
  if (!operation || status === 304) return [];
  const response = responseOf(operation, status);
  if (!response) return [`the status ${status} is not one of ${Object.keys(operation.responses).join(', ')}`];
  const schema = response.content?.['application/json']?.schema;
  if (schema) return bodyProblems(validatorFor(operation, status, schema), text);
  const isEmpty = text === undefined || text === '' || text === '{}';
  return isEmpty || response.content ? [] : [`a body where GitHub has none: ${text.slice(0, 100)}`];
}

function validatorFor({ path }: Operation, status: number, schema: Schema): ValidateFunction {
  return validatorOf(`${status} ${path} ${JSON.stringify(schema).slice(0, 200)}`, () => completeSchema(schema));
}

function validatorOf(key: string, schema: () => Schema): ValidateFunction {
  const known = validators.get(key) ?? ajv.compile(schema());
  validators.set(key, known);
  return known;
}

/** Deployments that wait for approval have this state on GitHub too, in webhooks and REST; only the description leaves it out. */
const isUndescribed = ({ instancePath, keyword, data }: ErrorObject): boolean =>
  keyword === 'enum' && instancePath.endsWith('/state') && data === 'waiting';

function bodyProblems(validate: ValidateFunction, text: string | undefined): string[] {
  if (text === undefined) return [];
  if (text === '') return ['no body where GitHub has one'];
  if (validate(JSON.parse(text))) return [];
  const errors = (validate.errors ?? []).filter((error) => !isUndescribed(error));
  return errors.map(({ instancePath, message, params }) => {
    return `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`;
  });
}
