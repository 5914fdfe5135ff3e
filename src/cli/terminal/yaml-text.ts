import { stringify } from 'yaml';

/**
 * A value as YAML, without the last line break. Loaded when it is needed; `import('yaml')` itself would not do, since a
 * bundled CommonJS package has no named exports when it is imported like that.
 */
export const yamlText = (value: unknown): string => stringify(value).trimEnd();
