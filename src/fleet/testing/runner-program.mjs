// Stands in for dist/runner.cjs in tests: takes a JIT config on standard input, polls the stand-in server, does its job.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

process.on('SIGTERM', () => {
  if (process.env.IGNORE_SIGTERM !== 'yes') process.exit(0);
});

const lines = createInterface({ input: process.stdin });
if (process.argv.includes('--end-with-stdin')) lines.once('close', () => process.exit(0));
const config = await new Promise((resolve) => lines.once('line', resolve));
if (process.env.FAIL_WITH) {
  console.error(`cannot start: ${process.env.FAIL_WITH}`);
  process.exit(3);
}
const files = JSON.parse(Buffer.from(config, 'base64').toString());
const { ServerUrlV2, AgentId, AgentName, Ephemeral } = JSON.parse(Buffer.from(files['.runner'], 'base64').toString());
console.log(`${AgentName} listens, ${process.argv.slice(2).join(' ')}`);
if (process.env.WITH_STRAY === 'yes') {
  // A child that made its own group, as a step's background process does.
  const stray = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  console.log(`stray ${stray.pid}`);
}
do {
  const response = await fetch(`${ServerUrlV2}runner/${AgentId}/poll`, { method: 'POST' });
  if (!response.ok) process.exit(1);
  const { forMs } = await response.json();
  await new Promise((resolve) => setTimeout(resolve, forMs));
  await fetch(`${ServerUrlV2}runner/${AgentId}/done`, { method: 'POST' });
} while (Ephemeral === 'false');
process.exit(0);
