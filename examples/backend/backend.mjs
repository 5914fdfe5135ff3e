#!/usr/bin/env node
// A backend for Switchyard's fleet in one file: runners as processes of this machine. Begin yours with it: what it does by
// spawn() is where a machine, a pod or a microVM would be started. Protocol: docs/reference/backend-protocol.md.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const command = (process.env.RUNNER_COMMAND ?? 'switchyard runner').split(' ');
/** Runners that this program knows to run: name -> pid. */
const running = new Map();
let home = '.';

const send = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const folderOf = (name) => join(home, 'runners', name);
const fileOf = (name, file) => join(folderOf(name), file);
const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);
const lastOutput = (name) => (read(fileOf(name, 'log')) ?? '').trim().split('\n').slice(-10).join('\n');

/** Pid and start time together name a process for good; a pid alone may be another's by now. */
function identityOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && fields[0] !== 'Z' ? `${pid} ${fields[19]}` : undefined;
}

function tellEnd(name, how) {
  if (!running.delete(name)) return;
  const exit = { ...how, output: lastOutput(name) };
  writeFileSync(fileOf(name, 'exit.json'), JSON.stringify(exit));
  send({ event: 'exit', name, exit });
}

/** A process that an earlier run of this program has started cannot be waited for, only looked at. */
function adopt(name, identity) {
  if (running.has(name)) return;
  running.set(name, Number(identity.split(' ')[0]));
  const timer = setInterval(() => {
    if (running.has(name) && identityOf(running.get(name)) === identity) return;
    clearInterval(timer);
    tellEnd(name, {});
  }, 200);
}

const methods = {
  hello({ stateFolder }) {
    home = stateFolder;
    return { version: 1, systemLabels: ['self-hosted', 'Linux', 'X64'], honours: ['env'] };
  },

  async start({ name, jitConfig, keepConfig, spec }) {
    if (running.has(name)) return {};
    mkdirSync(folderOf(name), { recursive: true, mode: 0o700 });
    const config = jitConfig ?? read(fileOf(name, 'jitconfig'));
    if (!config) throw new Error(`${name} has no kept config`);
    if (keepConfig) writeFileSync(fileOf(name, 'jitconfig'), config, { mode: 0o600 });
    rmSync(fileOf(name, 'exit.json'), { force: true });
    const env = Object.fromEntries((spec.env ?? []).map((variable) => [variable.name, variable.value ?? '']));
    const log = openSync(fileOf(name, 'log'), 'a', 0o600);
    const child = spawn(command[0], [...command.slice(1), '--jitconfig', '-', '--root', folderOf(name)], {
      cwd: folderOf(name),
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['pipe', log, log],
    });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    running.set(name, child.pid);
    // Before the runner gets its config: one that is not written down never registers.
    writeFileSync(fileOf(name, 'process'), identityOf(child.pid) ?? '');
    child.once('exit', (code, signal) => tellEnd(name, { code: code ?? undefined, signal: signal ?? undefined }));
    child.stdin.on('error', () => {});
    child.stdin.end(`${config}\n`);
    return {};
  },

  async stop({ name, graceMs }) {
    const pid = running.get(name);
    const deadline = Date.now() + graceMs;
    for (let signal = 'SIGTERM'; running.has(name); signal = Date.now() >= deadline ? 'SIGKILL' : 0) {
      try {
        process.kill(signal === 'SIGKILL' ? -pid : pid, signal);
      } catch {
        // It has ended; that is told in a moment.
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return {};
  },

  remove({ name }) {
    rmSync(folderOf(name), { recursive: true, force: true });
    return {};
  },

  list() {
    const folder = join(home, 'runners');
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return {
      instances: names.map((name) => {
        const resumable = existsSync(fileOf(name, 'jitconfig'));
        const identity = read(fileOf(name, 'process'));
        if (identity && identityOf(Number(identity.split(' ')[0])) === identity) adopt(name, identity);
        if (running.has(name)) return { name, resumable };
        return { name, resumable, exit: JSON.parse(read(fileOf(name, 'exit.json')) ?? '{"output":""}') };
      }),
    };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  // Requests are answered as they are ready, not in their order.
  Promise.resolve()
    .then(() => methods[method](params))
    .then((result) => send({ id, result }))
    .catch((error) => send({ id, error: { message: error.message } }));
}
// The fleet has closed our input. What runs goes on.
process.exit(0);
