import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot, version } from '../../src/common/package.ts';

const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

describe('the image of runners', () => {
  const dockerfile = read('deploy/runner/Dockerfile');

  it('copies only what is there, and what reaches the engine', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    const missing = copied.filter((path) => !existsSync(join(packageRoot, path)));
    expect(missing).toEqual([]);
    const kept = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(kept.filter((path) => !existsSync(join(packageRoot, path)))).toEqual([]);
    expect(kept).toContain('deploy/runner/entrypoint.sh');
  });

  it('is called by its build as the fleet asks for it', () => {
    const build = read('deploy/runner/build.sh');
    expect(build).toContain('image=${1:-localhost/switchyard-runner:$version}');
    expect(read('package.json')).toContain(`\n  "version": "${version}",\n`);
    expect(read('src/fleet/backends/open-backends.ts')).toContain('`localhost/switchyard-runner:${version}`');
  });

  it('finds its JIT config where the fleet puts it', () => {
    expect(read('deploy/runner/entrypoint.sh')).toContain('\nconfig=/runner/.jitconfig\n');
    expect(read('src/fleet/backends/docker/folders.ts')).toContain("RUNNER_ROOT = '/runner'");
  });
});
