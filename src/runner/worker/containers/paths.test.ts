import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathMap, translate } from './paths.ts';

const map = new PathMap([
  { outside: '/r/_work', inside: '/__w' },
  { outside: '/r/_work/_temp', inside: '/__w/_temp' },
  { outside: '/r/_work/_temp/_github_home', inside: '/github/home' },
  { outside: '/r/_work/_tool', inside: '/__t' },
]);

describe('PathMap', () => {
  it('SEM-14.5: takes the longest folder that holds a path', () => {
    expect(map.inside('/r/_work/app/app/x.ts')).toBe('/__w/app/app/x.ts');
    expect(map.inside('/r/_work/_temp/_github_home/.npmrc')).toBe('/github/home/.npmrc');
    expect(map.inside('/r/_work/_tool')).toBe('/__t');
    expect(map.outside('/__w/_temp/a.sh')).toBe('/r/_work/_temp/a.sh');
    expect(map.outside('/github/home')).toBe('/r/_work/_temp/_github_home');
  });

  it('leaves alone what lies elsewhere, also when it begins with the same letters', () => {
    expect(map.inside('/r/_workshop/x')).toBe('/r/_workshop/x');
    expect(map.inside('text')).toBe('text');
    expect(map.outside('/usr/bin')).toBe('/usr/bin');
  });

  it('knows the root folder', () => {
    const pairs = [{ outside: '/', inside: '/host' }];
    expect(translate(pairs, '/a', 'outside', 'inside')).toBe('/host/a');
    expect(translate(pairs, '/', 'outside', 'inside')).toBe('/host');
    expect(translate(pairs, '/host/a/b', 'inside', 'outside')).toBe('/a/b');
    expect(translate(pairs, '/host', 'inside', 'outside')).toBe('/');
  });

  it('finds the way back for every path below the work folder', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z_]{1,6}$/)), (parts) => {
        const path = ['/r/_work', ...parts].join('/');
        expect(map.outside(map.inside(path))).toBe(path);
      }),
    );
  });
});
