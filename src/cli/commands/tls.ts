import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';
import { printLine } from '../terminal/terminal.ts';
import { dataFolderOf, dataOption } from './options.ts';

export const tlsCommand: Command = {
  name: 'tls',
  summary: 'make a certificate, so that the server serves https too',
  description:
    'Makes a certificate authority of this data folder, once, and a certificate for the names that the server is called by. The server serves https from its next start, and renews the certificate itself.',
  arguments: [{ name: 'name', what: 'further host names and addresses of the server', repeat: true }],
  options: [dataOption],
  examples: [
    { what: 'for this machine', command: 'switchyard tls' },
    { what: 'for the network', command: 'switchyard tls ci.example.com 10.0.0.5' },
  ],
  async run(input, terminal) {
    const { ensureCertificate, LOCAL_NAMES } = await import('../../common/tls/files.ts');
    const { prepareDataFolder } = await import('../platform/data-folder.ts');
    const folder = dataFolderOf(input);
    await prepareDataFolder(folder);
    const names = [...new Set([...input.arguments(), ...LOCAL_NAMES])];
    const { files, isNew, endsAt } = await ensureCertificate(folder, names, Date.now());
    const day = endsAt.toISOString().slice(0, 10);
    printLine(
      terminal.err,
      `${isNew ? 'Made a certificate' : 'The certificate is good'} until ${day}: ${names.join(', ')}`,
    );
    printLine(terminal.err, 'Clients trust the server once they trust its authority:');
    printLine(terminal.out, files.authority);
    return EXIT.done;
  },
};
