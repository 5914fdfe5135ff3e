/** As on a GHES; below it lies what verifiers read. */
export const ISSUER_PATH = '/_services/token';
export const ID_TOKEN_PATH = '/idtoken';

/** Clients append `&audience=…`, so it has a query already (runner-protocol 9.9). */
export const idTokenUrl = (publicUrl: string): string => `${publicUrl}${ID_TOKEN_PATH}?api-version=2.0`;
