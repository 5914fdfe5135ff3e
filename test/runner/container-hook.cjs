// Container hooks as an operator could write them: with Docker, in few lines. What it was asked goes to HOOK_RECORD.
const { execFileSync } = require('node:child_process');
const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');

const { command, responseFile, args, state } = JSON.parse(readFileSync(0, 'utf8'));
appendFileSync(process.env.HOOK_RECORD, `${JSON.stringify({ command, args, state })}\n`);

const env = { ...process.env, DOCKER_HOST: process.env.HOOK_DOCKER_HOST };
const docker = (...words) =>
  execFileSync('docker', words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    .toString()
    .trim();
const run = (words, variables) =>
  execFileSync('docker', words, { env: { ...env, ...variables }, stdio: ['ignore', 'inherit', 'inherit'] });
const variablesOf = (variables) => Object.keys(variables).flatMap((name) => ['-e', name]);
const mountsOf = (container) =>
  [...container.systemMountVolumes, ...container.userMountVolumes].flatMap((mount) => [
    '-v',
    `${mount.sourceVolumePath}:${mount.targetVolumePath}${mount.readOnly ? ':ro' : ''}`,
  ]);
const entry = (container) => (container.entryPoint ? ['--entrypoint', container.entryPoint] : []);

function start(container, network, more) {
  const words = ['run', '-d', '--network', network, ...more, ...mountsOf(container), ...entry(container)];
  const variables = Object.entries(container.environmentVariables).flatMap(([name, value]) => [
    '-e',
    `${name}=${value}`,
  ]);
  return docker(...words, ...variables, container.image, ...container.entryPointArgs);
}

const commands = {
  prepare_job() {
    console.log('::debug::preparing\nhook prepares');
    const network = docker('network', 'create', `hooked-${process.pid}-${Date.now()}`);
    const ids = args.services.map((each) => start(each, network, ['--network-alias', each.contextName]));
    const id = start(args.container, network, ['--workdir', args.container.workingDirectory]);
    return {
      state: { network, ids: [...ids, id] },
      context: {
        container: { id, network },
        services: ids.map((each) => ({ id: each, network, ports: { 80: 8080 } })),
      },
      isAlpine: false,
    };
  },
  run_script_step() {
    const path = [...args.prependPath, '/usr/local/bin:/usr/bin:/bin'].join(':');
    const words = ['exec', '-i', '--workdir', args.workingDirectory, '-e', `PATH=${path}`];
    const variables = args.environmentVariables;
    run([...words, ...variablesOf(variables), state.ids.at(-1), args.entryPoint, ...args.entryPointArgs], variables);
  },
  run_container_step() {
    const variables = args.environmentVariables;
    const words = ['run', '--rm', '--network', state.network, '--workdir', args.workingDirectory, ...mountsOf(args)];
    run([...words, ...entry(args), ...variablesOf(variables), args.image, ...args.entryPointArgs], variables);
  },
  cleanup_job() {
    if (state.ids) docker('rm', '-f', ...state.ids);
    if (state.network) docker('network', 'rm', state.network);
  },
};

try {
  const answer = commands[command]();
  if (answer) writeFileSync(responseFile, JSON.stringify(answer));
} catch (error) {
  process.exitCode = typeof error.status === 'number' ? error.status : 1;
}
