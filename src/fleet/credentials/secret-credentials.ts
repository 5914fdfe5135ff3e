/** What a Secret says of a GitHub: the keys of Actions Runner Controller (AUTH-2, AUTH-3). Pure. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { UserError } from '../../common/errors.ts';
import type { AppCredentials } from '../../github/index.ts';

export interface SecretCredentials {
  /** Of the server that the credentials are for, where the Secret names one. */
  url: string | undefined;
  /** A token, or an App that gets tokens. */
  token?: string;
  app?: AppCredentials;
}

const APP_KEYS = ['github_app_id', 'github_app_installation_id', 'github_app_private_key'] as const;

/** The first that is there names the server. `github_upload_url` is not among them: nothing is uploaded. */
const URL_KEYS = ['github_enterprise_url', 'github_runner_url', 'github_url'] as const;

/**
 * @param name of the Secret, for messages; its values are in none
 * @throws UserError `bad-credentials` naming what is missing or wrong
 */
export function credentialsIn(name: string, texts: Record<string, string>): SecretCredentials {
  const values = Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, value.trim()]));
  const url = serverUrl(name, values);
  if (values.github_token) return { url, token: values.github_token };
  const missing = APP_KEYS.filter((key) => !values[key]);
  if (missing.length === APP_KEYS.length) {
    throw wrong(`The Secret ${name} has no credentials.`, `Give it github_token, or ${APP_KEYS.join(', ')}.`);
  }
  if (missing.length > 0) {
    throw wrong(`The Secret ${name} lacks ${missing.join(' and ')}.`, 'An App needs all three keys.');
  }
  const { github_app_id: appId = '', github_app_installation_id: installationId = '' } = values;
  return { url, app: { appId, installationId, privateKey: privateKey(name, values.github_app_private_key ?? '') } };
}

function privateKey(name: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's own words may repeat parts of the text.
    throw wrong(`github_app_private_key in the Secret ${name} is no private key.`, "Give the App's key as a PEM text.");
  }
}

function serverUrl(name: string, values: Record<string, string>): string | undefined {
  const key = URL_KEYS.find((one) => values[one]);
  const text = key && values[key];
  if (!text) return undefined;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw wrong(
      `${key} in the Secret ${name} is not an http or https URL.`,
      'Give one such as https://ghes.example.com.',
    );
  }
  const { protocol, host } = new URL(text);
  // Where the API lies follows from the server; ARC's users may have named either.
  return `${protocol}//${host === 'api.github.com' ? 'github.com' : host}`;
}

const wrong = (problem: string, hint: string): UserError => new UserError('bad-credentials', problem, { hint });
