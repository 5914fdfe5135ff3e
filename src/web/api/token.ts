import { createValue } from './value.ts';

const storageKey = 'switchyard.token';

/** True after the API answered 401: the page shows the token form instead of its content. */
export const tokenNeeded = createValue(false);

/** Browsers may forbid storage altogether; the token then lasts as long as the page. */
let unsaved: string | null = null;

export function currentToken(): string | null {
  try {
    return sessionStorage.getItem(storageKey) ?? localStorage.getItem(storageKey) ?? unsaved;
  } catch {
    return unsaved;
  }
}

/** Keeps the token for this tab, or with `remember` for this browser. */
export function keepToken(token: string, remember: boolean): void {
  forgetToken();
  try {
    (remember ? localStorage : sessionStorage).setItem(storageKey, token);
  } catch {
    unsaved = token;
  }
}

export function forgetToken(): void {
  unsaved = null;
  try {
    sessionStorage.removeItem(storageKey);
    localStorage.removeItem(storageKey);
  } catch {
    // Nothing can have been stored then.
  }
}
