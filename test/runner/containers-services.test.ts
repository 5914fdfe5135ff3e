import { describe, expect, it } from 'vitest';
import { ContainerJobs, engine } from './container-jobs.ts';

const jobs = new ContainerJobs();

/** A service that answers HTTP with its text after a while: this machine's Node in the test image. */
const web = (text: string, more: string): string => `
        image: ${jobs.docker.image}
        volumes: ['${process.execPath}:/usr/bin/node:ro']
        entrypoint: node
        command: -e "setTimeout(() => require('http').createServer((q, r) => r.end('${text} ' + process.env.LEVEL)).listen(8000), 500)"
        env: { LEVEL: '\${{ env.LEVEL }}' }
        ${more}`;

const HEALTH = `options: --health-cmd "bash -c 'echo > /dev/tcp/127.0.0.1/8000'" --health-interval 500ms`;

describe.skipIf(!engine)('services', () => {
  it('SEM-14.2, 14.7, 14.8: are healthy before the first step, and reached by a port of the machine', async () => {
    const { conclusion, log, steps } = await jobs.run(`
    env: { LEVEL: high }
    services:
      web:${web('hello', `ports: [8000]\n        ${HEALTH}`)}
      off: { image: '\${{ matrix.none }}' }
    steps:
      - name: Ask
        shell: node {0}
        env: { PORT: '\${{ job.services.web.ports[''8000''] }}' }
        run: fetch('http://127.0.0.1:' + process.env.PORT).then((answer) => answer.text()).then(console.log)
      - run: test \${#ID} = 64 && echo "network \${{ job.services.web.network }}, container [\${{ job.container.id }}]"
        env: { ID: '\${{ job.services.web.id }}' }
`);
    expect(conclusion, log).toBe('success');
    expect(steps[1]).toBe('Initialize containers: success');
    expect(log).toContain("The service 'off' is left out: its image is empty.");
    expect(log).toContain('web service is healthy.');
    expect(log).toMatch(/^hello high$/m);
    expect(log).toMatch(/^network github_network_[0-9a-f]{32}, container \[\]$/m);
    expect(log).toContain('##[group]Print service container logs: web');
    expect(jobs.left()).toEqual([]);
  });

  it('SEM-14.2: are reached by their names from the job’s container', async () => {
    const { conclusion, log } = await jobs.run(`
    container: ${jobs.docker.image}
    services:
      web:${web('hello', HEALTH)}
      other:${web('others', HEALTH)}
    steps:
      - shell: bash
        run: |
          for name in web other; do
            exec 3<> "/dev/tcp/$name/8000"; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3; echo
          done
`);
    expect(conclusion, log).toBe('success');
    expect(log).toMatch(/^hello $/m);
    expect(log).toMatch(/^others $/m);
    expect(jobs.left()).toEqual([]);
  });

  it('SEM-14.7: fail the job with their log when they do not become healthy; conditions decide about its steps', async () => {
    const { conclusion, log, steps } = await jobs.run(`
    services:
      sick:
        image: ${jobs.docker.image}
        entrypoint: sh
        command: -c 'echo cannot open the database; sleep 600'
        options: --health-cmd "exit 1" --health-interval 300ms --health-retries 1
      dead:
        image: ${jobs.docker.image}
        entrypoint: sh
        command: -c 'echo no password given; exit 3'
        options: --health-cmd true --health-interval 300ms
    steps:
      - { name: Next, run: echo never }
      - { name: Tell, if: failure(), run: echo told }
`);
    expect(conclusion).toBe('failure');
    expect(steps.slice(1)).toEqual([
      'Initialize containers: failure',
      'Next: skipped',
      'Tell: success',
      'Stop containers: success',
      'Complete job: success',
    ]);
    expect(log).toContain("##[error]The service 'sick' is unhealthy.");
    expect(log).toContain("##[error]The service 'dead' is not running any more: it ended with exit code 3.");
    expect(log).toContain('cannot open the database');
    expect(log).toContain('no password given');
    expect(log).toContain('##[error]One or more containers failed to start: sick, dead.');
    expect(jobs.left()).toEqual([]);
  });
});
