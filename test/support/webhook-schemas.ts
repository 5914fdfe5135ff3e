/** The published schemas of GitHub's webhooks. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormatsModule from 'ajv-formats';

// The package says it is CommonJS with a default export.
const addFormats = addFormatsModule as unknown as typeof addFormatsModule.default;
const file = createRequire(import.meta.url).resolve('@octokit/webhooks-schemas/schema.json');
// GitHub adds properties without notice, so receivers must bear those that they do not know.
const isForbidden = (key: string, value: unknown): boolean => key === 'additionalProperties' && value === false;
const schema = JSON.parse(readFileSync(file, 'utf8'), (key, value) =>
  isForbidden(key, value) ? undefined : value,
) as { definitions: Record<string, object> };
const ajv = addFormats(new Ajv({ strict: false, allErrors: true, logger: false }));
ajv.addSchema(schema, 'webhooks');
const validators = new Map<string, ValidateFunction>();

/** What is wrong with a payload by the schema of its event and action; something, too, where there is none. */
export function webhookProblems(event: string, payload: Record<string, unknown>): string[] {
  const name = [`${event}$${payload.action}`, `${event}$event`, event].find((one) => one in schema.definitions);
  if (name === undefined) return [`GitHub has no webhook ${event} with the action ${payload.action}`];
  const validate = validators.get(name) ?? ajv.compile({ $ref: `webhooks#/definitions/${name}` });
  validators.set(name, validate);
  if (validate(payload)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${name}: ${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`,
  );
}
