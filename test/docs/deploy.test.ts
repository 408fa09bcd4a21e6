import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { variables } from '../../lib/env.ts';
import { errorTable } from '../../lib/protocol/errors.ts';
import { usage } from '../../lib/smoke/options.ts';

/** What docs/deploy.md tells a reader to type and to look for is there. */

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = await read('docs/deploy.md');
const found = (pattern: RegExp) => [...new Set([...page.matchAll(pattern)].map(([, name = '']) => name))];

test('each npm script that it runs is in package.json', async () => {
  const { scripts } = JSON.parse(await read('package.json'));
  expect(found(/npm run ([\w:]+)/g).filter((name) => !(name in scripts))).toEqual([]);
});

test('each option of the smoke test is one that it has', () => {
  const options = found(/npm run smoke -- (.*)/g).flatMap((line) => line.match(/--\w+/g) ?? []);
  expect([...options, ...found(/`(--\w+)`/g)].filter((option) => !usage.includes(option))).toEqual([]);
});

test('each variable is one of patchbay', () => {
  const known = [...Object.values(variables), 'PATCHBAY_TOKEN'];
  expect(found(/(PATCHBAY_\w+)/g).filter((name) => !known.some((one) => one === name))).toEqual([]);
});

test('each error is in the table', () => {
  const reasons = ['no_mediaserver', 'node_draining'];
  expect(reasons.filter((reason) => !(reason in errorTable))).toEqual([]);
  expect(reasons.filter((reason) => !page.includes(reason))).toEqual([]);
});

test('each page that it leads to is there', async () => {
  await Promise.all(found(/\]\(([\w./]+)\)/g).map((path) => read(`docs/${path}`)));
});
