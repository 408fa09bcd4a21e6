import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

/** What docs/operations.md tells somebody to look for in the logs is written there. */

const root = new URL('../../', import.meta.url);
const page = await readFile(new URL('docs/operations.md', root), 'utf8');

async function sources(folder: string): Promise<string> {
  const files = (await readdir(new URL(folder, root), { recursive: true })).filter((file) => file.endsWith('.ts'));
  return (await Promise.all(files.map((file) => readFile(new URL(`${folder}${file}`, root), 'utf8')))).join('\n');
}

test('each line of the log that it names is one that is written', async () => {
  const [, section = ''] = page.split('## When an alarm goes off');
  const [alarms = ''] = section.split('## When a key has leaked');
  const lines = [...alarms.matchAll(/`([a-z]+(?:: | )[a-z :]+)`/g)].map(([, line = '']) => line);
  expect(lines.length).toBeGreaterThan(8);
  const text = `${await sources('lib/')}${await sources('functions/')}`;
  expect(lines.filter((line) => !text.includes(line))).toEqual([]);
});
