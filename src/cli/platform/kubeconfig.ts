/** What kubectl reads to find a fleet: address, authority, token. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { errorText, UserError } from '../../common/errors.ts';
import { ensureCertificate } from '../../common/tls/files.ts';
import { yamlText } from '../terminal/yaml-text.ts';

const NAME = 'switchyard';

/** @throws UserError when the file cannot be written */
export async function writeKubeconfig(
  file: string,
  { url, token, fleetFolder }: { url: string; token: string; fleetFolder: string },
): Promise<void> {
  const { files } = await ensureCertificate(fleetFolder, undefined, Date.now());
  const cluster = {
    server: url.replace(/^http:/, 'https:'),
    'certificate-authority-data': (await readFile(files.authority)).toString('base64'),
    // Whatever the fleet is called from afar: its certificate is for this name, by an authority of its own.
    'tls-server-name': 'localhost',
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: NAME, cluster }],
    users: [{ name: NAME, user: { token } }],
    contexts: [{ name: NAME, context: { cluster: NAME, user: NAME, namespace: 'default' } }],
    'current-context': NAME,
  };
  const draft = `${file}.new`;
  try {
    await writeFile(draft, `${yamlText(config)}\n`, { mode: 0o600 });
    await rename(draft, file);
  } catch (error) {
    throw new UserError('file-unwritable', `${file} cannot be written: ${errorText(error)}.`);
  }
}
