import { describeBackend } from './contract.ts';
import { FakeBackend } from './fake.ts';

describeBackend('fake', async () => {
  const backend = new FakeBackend();
  return {
    backend,
    reopen: async () => backend,
    jitConfig: 'config',
    crash: async (name) => backend.exit(name, { signal: 'SIGKILL', output: '' }),
    close: () => backend.close(),
  };
});
