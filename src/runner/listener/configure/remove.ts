/** `switchyard runner remove`: ends the registration and deletes what config wrote. Source: runner-protocol 1.2, 1.3. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../../common/errors.ts';
import type { HttpClient } from '../../http.ts';
import { deleteRunnerFiles, isConfigured, readRunnerFolder, SERVICE_FILE } from '../runner-folder.ts';
import type { Dialog } from './dialog.ts';
import type { RemoveOptions } from './options.ts';
import { RegistrationClient } from './registration-client.ts';

/** May be repeated until it succeeds. @throws UserError, OutsideError; then the files stay */
export async function remove(options: RemoveOptions, dialog: Dialog, http: HttpClient): Promise<void> {
  const { root, isLocal } = options;
  if (existsSync(join(root, SERVICE_FILE))) {
    throw new UserError('service-installed', `The runner in ${root} is a service of the system.`, {
      hint: 'Take it away first: switchyard runner service uninstall.',
    });
  }
  if (isLocal) dialog.say('The registration stays at the server.');
  else if (isConfigured(root)) await unregister(options, dialog, http);
  else dialog.say(`No runner is configured in ${root}: there is nothing to remove at a server.`);
  const deleted = deleteRunnerFiles(root);
  if (deleted.length > 0) dialog.say(`Deleted ${deleted.join(', ')}`);
}

async function unregister(options: RemoveOptions, dialog: Dialog, http: HttpClient): Promise<void> {
  const { runner } = readRunnerFolder(options.root);
  const client = new RegistrationClient(http, runner.GitHubUrl);
  const token =
    options.pat === undefined
      ? await dialog.require('--token', 'Enter the runner remove token', options.token)
      : await client.tokenFor(options.pat, 'remove');
  const isRemoved = await client.remove(token, runner.AgentId);
  dialog.say(isRemoved ? 'Runner removed successfully' : 'The server does not know this runner any more.');
}
