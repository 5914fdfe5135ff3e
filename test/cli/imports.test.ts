import { describe, expect, it } from 'vitest';
// @ts-expect-error a plain script: it runs before anything is installed
import { borderViolations, violationsIn } from '../../scripts/imports.mjs';

const found = (file: string, source: string): string[] => violationsIn(file, source);

describe('the import borders', () => {
  it.each([
    [
      'src/server/a.ts',
      "\nimport { x } from '../fleet/index.ts';",
      'src/server/a.ts:2: server may not import src/fleet/index.ts',
    ],
    ['src/server/a.ts', "export * from '../runner/x.ts';", 'src/server/a.ts:1: server may not import src/runner/x.ts'],
    [
      'src/runner/a.ts',
      "await import('../workflow/planner.ts');",
      'src/runner/a.ts:1: runner may not import src/workflow/planner.ts',
    ],
    ['src/common/a.ts', "import '../protocol/x.ts';", 'src/common/a.ts:1: common may not import src/protocol/x.ts'],
    [
      'src/fleet/a.ts',
      "import type { X } from '../workflow/index.ts';",
      'src/fleet/a.ts:1: fleet may not import src/workflow/index.ts',
    ],
    [
      'src/cli/a.ts',
      "import { x } from '../server/engine/engine.ts';",
      'src/cli/a.ts:1: cli may not import src/server/engine/engine.ts',
    ],
    [
      'src/web/a.tsx',
      "import { x } from '../common/errors.ts';",
      'src/web/a.tsx:1: web may not import src/common/errors.ts',
    ],
    [
      'src/server/a.ts',
      "import {\n  a,\n  b,\n} from '../cli/x.ts';",
      'src/server/a.ts:1: server may not import src/cli/x.ts',
    ],
    [
      'src/server/a.ts',
      "import x from '../../scripts/x.mjs';",
      'src/server/a.ts:1: ../../scripts/x.mjs lies outside src/',
    ],
    [
      'src/new/a.ts',
      "import x from '../common/x.ts';",
      'src/new/a.ts:1: src/new is not in the table of scripts/imports.mjs',
    ],
    [
      'src/server/a.ts',
      "import { spawn } from 'node:child_process';",
      'src/server/a.ts:1: programs are started only in runner/process.ts, fleet/backends, server/git and cli',
    ],
    ['src/server/a.ts', "import fs from 'fs';", 'src/server/a.ts:1: write node:fs'],
    [
      'src/server/a.ts',
      '// fine\nconst x = process.env.HOME;',
      'src/server/a.ts:2: only src/common/settings.ts reads process.env',
    ],
  ])('are broken by %s with %j', (file, source, violation) => {
    expect(found(file, source)).toEqual([violation]);
  });

  it.each([
    ['src/server/a.ts', "import { x } from '../workflow/index.ts'; import { y } from '../store/y.ts';"],
    ['src/fleet/a.ts', "import { mismatches } from '../workflow/routing.ts';"],
    ['src/runner/process.ts', "import { spawn } from 'node:child_process';"],
    ['src/runner/x.ts', "import { spawn } from './process.ts'; import { e } from '../workflow/expressions/index.ts';"],
    ['src/runner/x.ts', "import type { ChildProcess } from 'node:child_process';"],
    ['src/common/settings.ts', 'process.env.X'],
    ['src/cli/a.ts', "await import('../fleet/index.ts');"],
    ['src/server/a.ts', "// import { x } from '../fleet/x.ts'\n/* process.env */"],
  ])('let %s do %j', (file, source) => {
    expect(found(file, source)).toEqual([]);
  });

  it('hold everywhere in src/', () => {
    expect(borderViolations(process.cwd())).toEqual([]);
  });
});
