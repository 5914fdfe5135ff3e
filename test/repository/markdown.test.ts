import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readText, repositoryFiles, root } from './files.ts';

const pages = repositoryFiles().filter((file) => file.endsWith('.md'));

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

/** Targets of links and pictures that lie in the repository. */
function linksOf(page: string): string[] {
  const targets = [...withoutCode(readText(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** As GitHub makes them from headings. */
function anchorsOf(page: string): string[] {
  const headings = [
    ...readText(page)
      .replace(/^```[\s\S]*?^```/gm, '')
      .matchAll(/^#+ (.+)$/gm),
  ];
  return headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function isBroken(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? resolve(root, page) : resolve(root, dirname(page), path);
  if (!existsSync(file)) return true;
  return anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(anchor);
}

describe('the Markdown pages', () => {
  it('link to files and headings that exist', () => {
    expect(pages.length).toBeGreaterThan(10);
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((target) => isBroken(page, target))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('can all be reached from README.md', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      const found = linksOf(page).map((target) => resolve(root, dirname(page), target.split('#')[0] ?? ''));
      for (const file of pages) if (found.includes(resolve(root, file))) reached.add(file);
    }
    const ownRoot = pages.filter((page) => page.startsWith('examples/'));
    expect(pages.filter((page) => !reached.has(page) && !ownRoot.includes(page))).toEqual([]);
  });
});

describe('no file of the repository', () => {
  const texts = repositoryFiles()
    .filter((file) => !/\.(png|ico|woff2?)$/.test(file))
    .map((file) => ({ file, text: readText(file) }));

  it('names a folder of the machine that it was written on', () => {
    // In pieces, so that this file does not name them either.
    const local = new RegExp(
      `(?<![\\w.-])/(?:${['work/(?:main|shared|\\.)', 'tmp/s/', 'tmp/docs/', 'root/'].join('|')})`,
    );
    expect(texts.filter(({ text }) => local.test(text)).map(({ file }) => file)).toEqual([]);
  });

  it('names the host of a package registry', () => {
    const registry = /https?:\/\/[^\s"'/]*(?:regis[t]ry|npmj[s]|artifact[o]ry|verdacc[i]o)[^\s"']*/i;
    expect(texts.filter(({ text }) => registry.test(text)).map(({ file }) => file)).toEqual([]);
  });
});
